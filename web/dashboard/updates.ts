import { inProject, urlOf } from './api.js';
import { Paced } from './paced.js';

/** How long to wait before a load, in milliseconds: a burst of events then causes one load. */
const CALM_MS = 80;
/** As often as the platform tells of changes, in milliseconds. */
const GAP_MS = 250;

/** What {@link Updates} uses. */
export interface UpdatesOptions {
  /** Where the events come from: a path of the project's API. Default: those of the whole fleet. */
  events?: string;
  /** Milliseconds from a load to the next that an event asks for. Default: a quarter of a second. */
  gapMs?: number;
  /** Brings the page up to date. */
  load(): Promise<void>;
  /** Is told before a load after which nothing that is on the page may be as it was before. */
  onGap?(): void;
  /** What to do with an event's data, by the event's name; `true` asks for a load. */
  handlers: Readonly<Record<string, (data: never) => boolean>>;
  /** Gets what went wrong with the latest load; empty when nothing did. */
  onError(message: string): void;
  onLive(isLive: boolean): void;
}

/** Loads at once, after changes and after every reconnect, never twice at the same time, and not too often. */
export class Updates {
  readonly #options: UpdatesOptions;
  readonly #loads: Paced;
  #source: EventSource | undefined;

  constructor(options: UpdatesOptions) {
    this.#options = options;
    this.#loads = new Paced({
      calmMs: CALM_MS,
      gapMs: options.gapMs ?? GAP_MS,
      work: () => options.load(),
      onError: (message) => options.onError(message),
    });
  }

  start(): void {
    const { events = 'events', handlers, onLive } = this.#options;
    const source = new EventSource(urlOf(inProject(events)));
    this.#source = source;
    source.addEventListener('open', () => {
      onLive(true);
      this.#loadAll();
    });
    source.addEventListener('error', () => {
      onLive(false);
      // A browser stops trying after an answer other than 200, such as 401 after a restart. This load then leads to
      // the login.
      if (source.readyState === EventSource.CLOSED) this.#loadAll();
    });
    source.addEventListener('gap', () => this.#loadAll());
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => {
        if (handle(JSON.parse((event as MessageEvent<string>).data) as never)) this.#loads.soon();
      });
    }
    void this.refresh();
  }

  stop(): void {
    this.#loads.stop();
    this.#source?.close();
  }

  /** Loads. While a load is under way, loads once more after it. Resolves when nothing is left to load. */
  refresh(): Promise<void> {
    return this.#loads.now();
  }

  #loadAll(): void {
    this.#options.onGap?.();
    this.#loads.soon();
  }
}
