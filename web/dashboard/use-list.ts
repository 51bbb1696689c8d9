import { useEffect, useState } from 'preact/hooks';
import type { ListAnswer } from './answers.js';
import { getJson, messageOf } from './api.js';

/** A list of the API, page by page, and what went wrong with it. */
export interface ListModel<Item> {
  /** `null` until they are loaded. */
  items: readonly Item[] | null;
  hasMore: boolean;
  /** What went wrong; empty when nothing did. */
  error: string;
  showError(message: string): void;
  /** Loads the next page. */
  more(): void;
  /** Loads the list anew. */
  reload(): Promise<void>;
  /** Does something, then loads the list anew; says what went wrong. */
  change(work: () => Promise<unknown>): Promise<void>;
}

/** @param path - of the list; another one is loaded anew */
export function useList<Item>(path: string): ListModel<Item> {
  const [items, setItems] = useState<readonly Item[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [error, showError] = useState('');
  const load = async (after: string | null) => {
    const query = after === null ? '' : `${path.includes('?') ? '&' : '?'}${new URLSearchParams({ after })}`;
    const answer = await getJson<ListAnswer<Item>>(`${path}${query}`);
    setItems((known) => (after === null ? answer.items : [...(known ?? []), ...answer.items]));
    setNext(answer.next);
    showError('');
  };
  const say = (error: unknown) => showError(messageOf(error));
  useEffect(() => {
    let isWanted = true;
    load(null).catch((error: unknown) => isWanted && say(error));
    return () => {
      isWanted = false;
    };
  }, [path]);
  const reload = () => load(null).catch(say);
  return {
    ...{ items, hasMore: next !== null, error, showError, reload },
    more: () => void load(next).catch(say),
    change: async (work) => {
      try {
        await work();
      } catch (error) {
        say(error);
        return;
      }
      await reload();
    },
  };
}
