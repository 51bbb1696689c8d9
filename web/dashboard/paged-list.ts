import type { ListAnswer } from './answers.js';
import { messageOf } from './api.js';

/** As much of a list as the reader has asked for. */
export interface PagedView<Item> {
  /** `null` until they are loaded. */
  items: readonly Item[] | null;
  hasMore: boolean;
}

/** How {@link PagedList} works. */
export interface PagedOptions<Item> {
  /** Fetches a page. @param path - of the API, with its query */
  ask(path: string): Promise<ListAnswer<Item>>;
  onView(view: PagedView<Item>): void;
  /** Gets what went wrong with the latest loading; empty when nothing did. */
  onError(message: string): void;
}

/**
 * A list of the API, page by page. What comes late does not matter any more: the reader may have typed another letter of a
 * search since.
 */
export class PagedList<Item> {
  readonly #options: PagedOptions<Item>;
  #path = '';
  #items: readonly Item[] | null = null;
  #next: string | null = null;
  /** Counts what was asked for. */
  #turn = 0;
  #isLoading = false;

  constructor(options: PagedOptions<Item>) {
    this.#options = options;
  }

  /** Shows the list at another path, from its beginning. */
  async show(path: string): Promise<void> {
    this.#path = path;
    await this.#load([], null, 1);
  }

  /** Loads the next page, unless something is being loaded already. */
  async more(): Promise<void> {
    const items = this.#items ?? [];
    if (!this.#isLoading && this.#next !== null) await this.#load(items, this.#next, items.length + 1);
  }

  /** Loads anew what is shown: who has changed a row far down still sees it. */
  async reload(): Promise<void> {
    await this.#load([], null, this.#items?.length ?? 1);
  }

  /** @param first - what stands before the page @param least - how many items there are to be, as far as there are as many */
  async #load(first: readonly Item[], after: string | null, least: number): Promise<void> {
    const { ask, onView, onError } = this.#options;
    this.#turn += 1;
    this.#isLoading = true;
    const turn = this.#turn;
    try {
      let items = first;
      let next = after;
      do {
        const answer = await ask(this.#pathOf(next));
        if (turn !== this.#turn) return;
        items = [...items, ...answer.items];
        next = answer.next;
      } while (next !== null && items.length < least);
      this.#items = items;
      this.#next = next;
      onView({ items, hasMore: next !== null });
      onError('');
    } catch (error) {
      if (turn === this.#turn) onError(messageOf(error));
    } finally {
      if (turn === this.#turn) this.#isLoading = false;
    }
  }

  #pathOf(after: string | null): string {
    if (after === null) return this.#path;
    return `${this.#path}${this.#path.includes('?') ? '&' : '?'}${new URLSearchParams({ after })}`;
  }
}
