import { messageOf, urlOf } from './api.js';

/** How long to wait before a load, in milliseconds: a burst of events then causes one load. */
const CALM_MS = 80;

/** What {@link Updates} uses. */
export interface UpdatesOptions {
  /** Brings the page up to date. */
  load(): Promise<void>;
  /** What to do with an event's data, by the event's name; `true` asks for a load. */
  handlers: Readonly<Record<string, (data: never) => boolean>>;
  /** Gets what went wrong with the latest load; empty when nothing did. */
  onError(message: string): void;
  onLive(isLive: boolean): void;
}

/** Loads at once, after every change and after every reconnect, and never twice at the same time. */
export class Updates {
  readonly #options: UpdatesOptions;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #loading: Promise<void> | undefined;
  #isStale = false;

  constructor(options: UpdatesOptions) {
    this.#options = options;
  }

  start(): void {
    const source = new EventSource(urlOf('api/events'));
    this.#source = source;
    source.addEventListener('open', () => {
      this.#options.onLive(true);
      this.#soon();
    });
    source.addEventListener('error', () => {
      this.#options.onLive(false);
      // A browser stops trying after an answer other than 200, such as 401 after a restart. This load then leads to
      // the login.
      if (source.readyState === EventSource.CLOSED) this.#soon();
    });
    for (const [name, handle] of Object.entries(this.#options.handlers)) {
      source.addEventListener(name, (event) => {
        if (handle(JSON.parse((event as MessageEvent<string>).data) as never)) this.#soon();
      });
    }
    void this.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#source?.close();
  }

  /** Loads. While a load is under way, loads once more after it. Resolves when nothing is left to load. */
  refresh(): Promise<void> {
    this.#isStale = true;
    this.#loading ??= this.#loadAll().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #loadAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        await this.#options.load();
        this.#options.onError('');
      } catch (error) {
        this.#options.onError(messageOf(error));
      }
    }
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), CALM_MS);
  }
}
