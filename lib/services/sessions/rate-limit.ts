import type { Clock } from '../../async/index.js';

/** Says how long to wait so that no more than `limit` turns fall into any one window. */
export class RateLimit {
  readonly #limit: number;
  readonly #windowMs: number;
  readonly #clock: Clock;
  #windowStart = Number.NEGATIVE_INFINITY;
  #used = 0;

  constructor(limit: number, windowMs: number, clock: Clock) {
    this.#limit = limit;
    this.#windowMs = windowMs;
    this.#clock = clock;
  }

  /** Whether it is as good as a new one: no turn of this window or a later one was taken. */
  get isFresh(): boolean {
    return this.#clock.now() - this.#windowStart >= this.#windowMs;
  }

  /** Takes a turn. @returns milliseconds to wait before it; 0 when it may begin at once */
  turn(): number {
    const now = this.#clock.now();
    // Also when the clock was set back: else a session would wait until the old time comes again.
    if (now - this.#windowStart >= this.#windowMs || now < this.#windowStart - this.#windowMs) {
      this.#windowStart = now;
      this.#used = 0;
    }
    if (this.#used === this.#limit) {
      this.#windowStart += this.#windowMs;
      this.#used = 0;
    }
    this.#used += 1;
    return Math.max(0, this.#windowStart - now);
  }
}
