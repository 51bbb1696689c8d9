import type { Clock } from './clock.js';
import { TokenBucket } from './token-bucket.js';

/**
 * For what others can bring about as often as they like, and somebody is told of: lets `burst` through at once and
 * `perMinute` more as time passes, and counts the rest.
 */
export class Throttle {
  readonly #bucket: TokenBucket;
  #heldBack = 0;

  constructor(burst: number, perMinute: number, clock: Clock) {
    this.#bucket = new TokenBucket(burst, perMinute, clock);
  }

  /** @returns how many were held back since the last that was let through; `null`: this one is held back too */
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
