/** Connections that have shown no valid token yet. */
export class Unauthenticated {
  /** Functions that close each of them; the oldest first. */
  readonly #waiting = new Set<() => void>();
  readonly #most: number;

  /** @param most - how many there may be at once */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Adds one; closes the oldest if there are too many. @param giveWay - closes the connection, and identifies it */
  enter(giveWay: () => void): void {
    this.#waiting.add(giveWay);
    if (this.#waiting.size <= this.#most) return;
    const [oldest] = this.#waiting;
    if (oldest === undefined) return;
    this.#waiting.delete(oldest);
    oldest();
  }

  /** Removes one that has shown its token or has ended. Idempotent. */
  leave(giveWay: () => void): void {
    this.#waiting.delete(giveWay);
  }
}
