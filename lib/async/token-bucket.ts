import type { Clock } from './clock.js';

const MINUTE_MS = 60_000;

/** Allows `burst` turns at once, and `perMinute` more as time passes. */
export class TokenBucket {
  readonly #burst: number;
  readonly #perMinute: number;
  readonly #clock: Clock;
  /** Below 0 while future turns are reserved. */
  #tokens: number;
  #filledAt: number;

  constructor(burst: number, perMinute: number, clock: Clock) {
    this.#burst = burst;
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#tokens = burst;
    this.#filledAt = clock.now();
  }

  /** Whether it is full, like a new one. */
  get isFresh(): boolean {
    return this.#tokens + this.#grown() >= this.#burst;
  }

  /** Milliseconds until there is a turn; 0: there is one. Takes none. */
  get wait(): number {
    this.#fill();
    return this.#tokens < 1 ? this.#msUntil(1) : 0;
  }

  /** Takes a turn if there is one. @returns milliseconds until there is one; 0 when it was taken */
  take(): number {
    const ms = this.wait;
    if (ms === 0) this.#tokens -= 1;
    return ms;
  }

  /** Takes the next turn, or so many, in any case; the caller waits for it. @returns milliseconds to wait before the last */
  reserve(turns = 1): number {
    this.#fill();
    this.#tokens -= turns;
    return this.#tokens >= 0 ? 0 : this.#msUntil(0);
  }

  #fill(): void {
    this.#tokens = Math.min(this.#burst, this.#tokens + this.#grown());
    this.#filledAt = this.#clock.now();
  }

  #grown(): number {
    // A clock that was set back adds nothing; counting goes on from its new time.
    return (Math.max(0, this.#clock.now() - this.#filledAt) * this.#perMinute) / MINUTE_MS;
  }

  #msUntil(tokens: number): number {
    return Math.ceil(((tokens - this.#tokens) * MINUTE_MS) / this.#perMinute);
  }
}
