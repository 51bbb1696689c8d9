import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ListAnswer } from './answers.js';
import { getJson, messageOf } from './api.js';
import { PagedList, type PagedView } from './paged-list.js';

/** A list of the API, page by page, and what went wrong with it. */
export interface ListModel<Item> extends PagedView<Item> {
  /** What went wrong; empty when nothing did. */
  error: string;
  /** Loads the next page. */
  more(): void;
  /** Loads anew what is shown. */
  reload(): Promise<void>;
  /** Does something, then loads the list anew; says what went wrong. */
  change(work: () => Promise<unknown>): Promise<void>;
}

/** @param path - of the list; another one is loaded from its beginning */
export function useList<Item>(path: string): ListModel<Item> {
  const [view, onView] = useState<PagedView<Item>>({ items: null, hasMore: false });
  const [error, onError] = useState('');
  const list = useMemo(() => {
    const ask = (page: string) => getJson<ListAnswer<Item>>(page);
    return new PagedList<Item>({ ask, onView, onError });
  }, []);
  useEffect(() => {
    void list.show(path);
  }, [path]);
  return {
    ...{ ...view, error },
    more: () => void list.more(),
    reload: () => list.reload(),
    change: async (work) => {
      try {
        await work();
      } catch (error) {
        onError(messageOf(error));
        return;
      }
      await list.reload();
    },
  };
}
