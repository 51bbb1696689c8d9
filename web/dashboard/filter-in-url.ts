import { filterIn, type ListFilter, NO_FILTER, queryOf } from '../words/list-filter.js';

/** From the last key to the search, in milliseconds. */
export const TYPING_MS = 150;

/** What {@link FilterInUrl} tells. */
export interface FilterListeners {
  /** The filter as it stands in the page. */
  onFilter(filter: ListFilter): void;
  /** The filter that the list is to have. @param place - where the reader left it; `null` for a new one */
  onSettled(filter: ListFilter, place: Place | null): void;
}

/** How far a list was loaded, and how far it was scrolled. */
export interface Place {
  rows: number;
  y: number;
}

/** The list's filter, kept in the page's URL: it can be shared, and the back button goes to the one before. */
export class FilterInUrl {
  readonly #listeners: FilterListeners;
  readonly #ending = new AbortController();
  #filter = NO_FILTER;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the latest step in the history is one that is being typed. */
  #isTyping = false;

  constructor(listeners: FilterListeners) {
    this.#listeners = listeners;
  }

  /** Takes over what the URL says, now and whenever the reader goes back or forth. */
  start(): void {
    const { signal } = this.#ending;
    // The list is not there yet when the browser would scroll.
    history.scrollRestoration = 'manual';
    addEventListener('popstate', () => this.#read(), { signal });
    this.#read();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }

  /** What is typed waits for the next key; what is chosen takes it along. */
  change(change: Partial<ListFilter>, isTyped = false): void {
    this.#filter = { ...this.#filter, ...change };
    this.#listeners.onFilter(this.#filter);
    clearTimeout(this.#timer);
    if (isTyped) this.#timer = setTimeout(() => this.#settle(true), TYPING_MS);
    else this.#settle(false);
  }

  #settle(isTyped: boolean): void {
    const url = `${location.pathname}${queryOf(this.#filter)}`;
    // A word is one step for the back button, not one for each letter.
    if (isTyped && this.#isTyping) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    this.#isTyping = isTyped;
    this.#listeners.onSettled(this.#filter, null);
  }

  #read(): void {
    clearTimeout(this.#timer);
    this.#isTyping = false;
    this.#filter = filterIn(location.search);
    this.#listeners.onFilter(this.#filter);
    this.#listeners.onSettled(this.#filter, history.state as Place | null);
  }
}

/** Leaves a place in the history, for the reader who comes back. */
export function rememberPlace(place: Place): void {
  history.replaceState(place, '');
}
