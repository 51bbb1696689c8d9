import type { Clock } from './clock.js';
import { TokenBucket } from './token-bucket.js';

/**
 * Limits messages about events that strangers can cause at any rate: lets `burst` through at once, then `perMinute` as
 * time passes, and counts those held back.
 */
export class Throttle {
  readonly #bucket: TokenBucket;
  #heldBack = 0;

  constructor(burst: number, perMinute: number, clock: Clock) {
    this.#bucket = new TokenBucket(burst, perMinute, clock);
  }

  /** @returns how many were held back since the last one that passed; `null`: this one is held back too */
  pass(): number | null {
    if (this.#bucket.take() > 0) {
      this.#heldBack += 1;
      return null;
    }
    const heldBack = this.#heldBack;
    this.#heldBack = 0;
    return heldBack;
  }
}
