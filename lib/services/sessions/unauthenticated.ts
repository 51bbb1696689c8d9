import { MAX_STRANGERS } from '../constants.js';

/** Connections that have shown no token yet. */
export class Unauthenticated {
  /** What makes each give way; the oldest first. */
  readonly #waiting = new Set<() => void>();

  /** Beyond the limit the oldest gives way. @param giveWay - closes the connection; also its name in {@link leave} */
  enter(giveWay: () => void): void {
    this.#waiting.add(giveWay);
    if (this.#waiting.size <= MAX_STRANGERS) return;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    oldest();
  }

  /** It has shown its token, or is gone. Idempotent. */
  leave(giveWay: () => void): void {
    this.#waiting.delete(giveWay);
  }
}
