import { apiParameters, type ListFilter, NO_FILTER } from '../words/list-filter.js';
import type { EndpointRowJson, EndpointsAnswer } from './answers.js';

/** How many rows are loaded at a time. */
const PAGE = 50;
/** As many as one answer of the API may have. */
const MAX_PAGE = 500;
/** A list that is not longer is fetched as a whole whenever something changes. */
const MAX_WHOLE = 200;

/** What is known of the list. */
export interface ListView {
  /** `null`: nothing is loaded yet. */
  rows: readonly EndpointRowJson[] | null;
  /** What they were selected by. */
  filter: ListFilter;
  /** Whether there are more. */
  hasMore: boolean;
  /** Whether rows that are not loaded have changed, or their order has. */
  hasNews: boolean;
}

/** Nothing is known yet. */
export const NOTHING: ListView = {
  rows: null,
  filter: NO_FILTER,
  hasMore: false,
  hasNews: false,
};

/** What {@link FleetList} uses. */
export interface FleetListDeps {
  /** `GET api/endpoints` */
  ask(parameters: URLSearchParams): Promise<EndpointsAnswer>;
  onView(view: ListView): void;
}

/**
 * The rows that the list has loaded. What changes on one of them is fetched alone, and rows keep their places; a list
 * that is loaded as a whole is fetched as a whole.
 */
export class FleetList {
  readonly #deps: FleetListDeps;
  #filter: ListFilter = NO_FILTER;
  #view: ListView = NOTHING;
  #next: string | null = null;
  /** How many rows to load when all are. */
  #wanted = PAGE;
  #isStale = true;
  #wantsMore = false;
  /** Rows that have changed. */
  readonly #touched = new Set<string>();

  constructor(deps: FleetListDeps) {
    this.#deps = deps;
  }

  /** Has another filter from the next load on. @param count - rows to load */
  show(filter: ListFilter, count = PAGE): void {
    this.#filter = filter;
    this.#wanted = Math.min(Math.max(PAGE, count), MAX_PAGE);
    this.#isStale = true;
    this.#wantsMore = false;
  }

  /** Has the next rows from the next load on. */
  more(): void {
    this.#wantsMore = true;
  }

  /** Nothing may be as it was before. */
  expire(): void {
    this.#isStale = true;
  }

  /** These endpoints have changed; `null`: any may have. @returns whether there is something to load */
  touch(ids: readonly string[] | null): boolean {
    const { rows, hasMore } = this.#view;
    if (rows === null) return true;
    if (!hasMore && rows.length <= MAX_WHOLE) {
      this.#isStale = true;
      return true;
    }
    const loaded = new Set<string>(rows.map(({ id }) => id));
    const touched = ids === null ? [...loaded] : ids.filter((id) => loaded.has(id));
    for (const id of touched) this.#touched.add(id);
    if (ids === null || touched.length < ids.length) this.#show({ hasNews: true });
    return touched.length > 0;
  }

  /** Brings everything up to date that is not now. What changes meanwhile waits for the next load. */
  async load(): Promise<void> {
    if (this.#isStale) await this.#loadAll();
    if (this.#wantsMore) await this.#loadMore();
    const touched = [...this.#touched];
    for (let from = 0; from < touched.length; from += PAGE) {
      await this.#loadTouched(touched.slice(from, from + PAGE));
    }
  }

  async #loadAll(): Promise<void> {
    this.#isStale = false;
    this.#touched.clear();
    try {
      const filter = this.#filter;
      const wanted = this.#wanted;
      let rows: EndpointRowJson[] = [];
      let next: string | null = null;
      do {
        const answer: EndpointsAnswer = await this.#ask(
          filter,
          next,
          Math.min(MAX_PAGE, wanted - rows.length),
        );
        if (filter !== this.#filter) return;
        rows = joined(rows, answer.items);
        next = answer.next;
      } while (next !== null && rows.length < wanted);
      this.#next = next;
      this.#show({ rows, filter, hasMore: next !== null, hasNews: false });
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }

  async #loadMore(): Promise<void> {
    this.#wantsMore = false;
    const { rows } = this.#view;
    const filter = this.#filter;
    if (this.#next === null || rows === null) return;
    const { items, next } = await this.#ask(filter, this.#next, PAGE);
    if (filter !== this.#filter) return;
    this.#next = next;
    const all = joined(rows, items);
    this.#wanted = all.length;
    this.#show({ rows: all, hasMore: next !== null });
  }

  /** Rows that no longer match the filter go. */
  async #loadTouched(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#touched.delete(id);
    const filter = this.#filter;
    const parameters = apiParameters(filter);
    parameters.set('ids', ids.join(','));
    try {
      const { items } = await this.#deps.ask(parameters);
      if (filter !== this.#filter) return;
      const fresh = new Map(items.map((endpoint) => [endpoint.id, endpoint]));
      const rows = (this.#view.rows ?? []).flatMap((row) =>
        ids.includes(row.id) ? (fresh.get(row.id) ?? []) : row,
      );
      this.#show({ rows });
    } catch (error) {
      for (const id of ids) this.#touched.add(id);
      throw error;
    }
  }

  #ask(filter: ListFilter, after: string | null, limit: number): Promise<EndpointsAnswer> {
    const parameters = apiParameters(filter);
    parameters.set('limit', String(limit));
    if (after !== null) parameters.set('after', after);
    return this.#deps.ask(parameters);
  }

  #show(change: Partial<ListView>): void {
    this.#view = { ...this.#view, ...change };
    this.#deps.onView(this.#view);
  }
}

/** An endpoint that has moved in the meantime is not there twice. */
function joined(rows: readonly EndpointRowJson[], more: readonly EndpointRowJson[]): EndpointRowJson[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...rows, ...more.filter(({ id }) => !known.has(id))];
}
