import { type Clock, TokenBucket } from '../../async/index.js';
import {
  LABELS_AT_ONCE,
  LABELS_PER_MINUTE,
  RATE_LIMIT,
  RATE_WINDOW_MS,
  SECRET_RATE_LIMIT,
} from '../constants.js';

/** With so many holders, those are forgotten whose limit is full again anyway. */
const TIDY_AT = 1_000;

/**
 * How often an endpoint may send requests, and all endpoints of one API secret together. Kept over connections: a
 * reconnect does not reset the limit.
 */
export class Rates {
  readonly #clock: Clock;
  readonly #endpoints = new Map<string, TokenBucket>();
  readonly #secrets = new Map<string, TokenBucket>();
  readonly #labels = new Map<string, TokenBucket>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Counts one request.
   * @param issuer - the API secret; `null` for a connection without a token, which may only send few requests
   * @returns milliseconds to wait before it is served
   */
  turn(endpointId: string, issuer: string | null): number {
    const own = known(this.#endpoints, endpointId, () => this.#limit(RATE_LIMIT)).reserve();
    if (issuer === null) return own;
    return Math.max(own, known(this.#secrets, issuer, () => this.#limit(SECRET_RATE_LIMIT)).reserve());
  }

  /** How often an endpoint may change its group and its attributes. */
  labels(endpointId: string): TokenBucket {
    return known(this.#labels, endpointId, () => {
      return new TokenBucket(LABELS_AT_ONCE, LABELS_PER_MINUTE, this.#clock);
    });
  }

  #limit(limit: number): TokenBucket {
    return new TokenBucket(limit, (limit * 60_000) / RATE_WINDOW_MS, this.#clock);
  }
}

function known(all: Map<string, TokenBucket>, holder: string, make: () => TokenBucket): TokenBucket {
  const one = all.get(holder);
  if (one !== undefined) return one;
  if (all.size >= TIDY_AT) {
    for (const [name, limit] of all) if (limit.isFresh) all.delete(name);
  }
  const made = make();
  all.set(holder, made);
  return made;
}
