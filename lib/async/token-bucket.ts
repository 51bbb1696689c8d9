import type { Clock } from './clock.js';

const MINUTE_MS = 60_000;

/** Lets `burst` turns through at once, and `perMinute` more as time passes. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMinute: number;
  readonly #clock: Clock;
  #tokens: number;
  #filledAt: number;

  constructor(burst: number, perMinute: number, clock: Clock) {
    this.#burst = burst;
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Whether it is as good as a new one: nothing that was taken is missing. */
  get isFresh(): boolean {
    return this.#tokens + this.#grown() >= this.#burst;
  }

  /** Takes a turn if there is one. @returns milliseconds until there is one; 0 when it was taken */
  take(): number {
    const now = this.#clock.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + this.#grown());
    this.#filledAt = now;
    if (this.#tokens < 1) return Math.ceil(((1 - this.#tokens) * MINUTE_MS) / this.#perMinute);
    this.#tokens -= 1;
    return 0;
  }

  #grown(): number {
    // A clock that was set back adds nothing, and counts on from there.
    return (Math.max(0, this.#clock.now() - this.#filledAt) * this.#perMinute) / MINUTE_MS;
  }
}
