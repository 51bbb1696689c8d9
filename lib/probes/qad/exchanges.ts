import type { Exchanged } from './connection/exchange.js';
import type { Session } from './discover.js';
import { datagramsFragmented } from './fragments.js';

/** After so many milliseconds the next relay is tried beside one whose datagrams are neither sustained nor stalled. */
const NEXT_AFTER_MS = 800;

/** What full-size datagrams to one relay showed. */
export type Proof = Exchanged & {
  /** This machine had to cut them to pieces: the path does not carry them whole. */
  isFragmented: boolean;
};

/**
 * Full-size datagrams to one relay of a family, and to the next only where they do not pass: the path that they test
 * is the same for most of its length.
 */
export class Exchanges {
  /** Settles when one is sustained, or none is left to try. */
  readonly done: Promise<void>;
  readonly proofs = new Map<Session, Proof | { error: unknown }>();
  readonly #family: 4 | 6;
  readonly #remainingMs: () => number;
  readonly #waiting: Session[] = [];
  readonly #running = new Set<Session>();
  readonly #finish: () => void;
  #hasAll = false;
  #isDone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(family: 4 | 6, remainingMs: () => number) {
    this.#family = family;
    this.#remainingMs = remainingMs;
    const { promise, resolve } = deferred();
    this.done = promise;
    this.#finish = resolve;
  }

  /** A relay that can be tried. */
  add(session: Session): void {
    this.#waiting.push(session);
    if (this.#running.size === 0) this.#next();
  }

  /** No more relays will come. */
  close(): void {
    this.#hasAll = true;
    this.#settle();
  }

  #next(): void {
    if (this.#isDone) return;
    const session = this.#waiting.shift();
    if (session === undefined) return;
    this.#running.add(session);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#next(), NEXT_AFTER_MS).unref();
    void this.#run(session);
  }

  async #run(session: Session): Promise<void> {
    try {
      const before = await datagramsFragmented(this.#family);
      const exchanged = await session.exchange(this.#remainingMs());
      const after = await datagramsFragmented(this.#family);
      const cut = before === null || after === null ? 0 : after - before;
      this.proofs.set(session, { ...exchanged, isFragmented: exchanged.sent > 0 && cut >= exchanged.sent });
    } catch (error) {
      this.proofs.set(session, { error });
    }
    this.#running.delete(session);
    const proof = this.proofs.get(session);
    if (proof !== undefined && 'end' in proof && proof.end === 'sustained') this.#end();
    else this.#next();
    this.#settle();
  }

  #settle(): void {
    if (this.#hasAll && this.#waiting.length === 0 && this.#running.size === 0) this.#end();
  }

  #end(): void {
    this.#isDone = true;
    clearTimeout(this.#timer);
    this.#finish();
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
