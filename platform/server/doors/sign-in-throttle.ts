import { createHash } from 'node:crypto';
import { type Clock, networkOf, TokenBucket } from 'iroh-net-diagnostics/services';
import type { Counted, Pace } from '../../people/index.js';

/** Failures that cost no time, and how many more a minute: of one address, of one name, of one name at an address it knows, or of one sign-in. */
const PACES = {
  address: { burst: 20, perMinute: 6 },
  name: { burst: 10, perMinute: 2 },
  known: { burst: 10, perMinute: 6 },
} as const satisfies Readonly<Record<string, Pace>>;
/** Ways to a provider of OpenID Connect and back, of one address. */
const PROVIDER = { burst: 120, perMinute: 60 };
/** Of each kind so many are remembered; of so many that were used longest ago one is forgotten that has turns left. */
const MAX_KEYS = 10_000;
const LOOKED_AT = 16;

/** Somebody who tries to sign in, or the sign-in in which somebody has to prove a password again. */
export type Attempt = SignInAttempt | { signIn: string };

interface SignInAttempt {
  /** As the account has it, or would have it: whether there is one makes no difference. */
  nameKey: string;
  address: string;
  /** Whether this account was signed in to from this address before. */
  isKnownAddress: boolean;
}

/** A turn that was taken. */
export interface Turn {
  /** It was the right password: the turn is given back. */
  forgive(): void;
}

/**
 * Slows down who guesses passwords, by address and by account. Strangers who fail on purpose keep nobody out: where the
 * account was signed in to before has turns of its own.
 */
export class SignInThrottle {
  readonly #buckets: Readonly<Record<Kind, Buckets>>;
  readonly #provider: Buckets;

  constructor(clock: Clock) {
    this.#buckets = {
      address: new Buckets(PACES.address, clock),
      name: new Buckets(PACES.name, clock),
      known: new Buckets(PACES.known, clock),
    };
    this.#provider = new Buckets(PROVIDER, clock);
  }

  /**
   * Takes a turn before the password is looked at, so that many at once are counted, too.
   * @returns the turn, or milliseconds until there is one
   */
  take(attempt: Attempt): Turn | number {
    return taken(keysOf(attempt).map(([kind, key]) => this.#buckets[kind].of(key)));
  }

  /** As {@link take}, for what has no name: codes. */
  takeOfAddress(address: string): Turn | number {
    return taken([this.#buckets.address.of(networkOf(address))]);
  }

  /** Takes a turn for a question to a provider. @returns milliseconds until there is one; 0: it was taken */
  takeOfProvider(address: string): number {
    const turn = taken([this.#provider.of(networkOf(address))]);
    return typeof turn === 'number' ? turn : 0;
  }

  /** How many are remembered, for tests. */
  get size(): number {
    const { address, name, known } = this.#buckets;
    return address.size + name.size + known.size + this.#provider.size;
  }
}

/** As all processes count it together. */
export function countedOf(attempt: Attempt): Counted[] {
  return keysOf(attempt).map(([kind, key]) => ({ key: `${kind}\0${key}`, pace: PACES[kind] }));
}

type Kind = keyof typeof PACES;

/** What a try is counted by. */
function keysOf(attempt: Attempt): (readonly [kind: Kind, key: string])[] {
  if ('signIn' in attempt) return [['known', `\0${attempt.signIn}`]];
  const { nameKey, address, isKnownAddress } = attempt;
  const network = networkOf(address);
  if (isKnownAddress) return [['known', `${nameKey}\0${network}`]];
  return [
    ['address', network],
    ['name', nameKey],
  ];
}

/** A bucket, and what remembers it. */
interface Place {
  bucket: TokenBucket;
  keep(): void;
}

/** Takes a turn of all, or of none: who is turned down leaves nothing that has to be remembered. */
function taken(places: readonly Place[]): Turn | number {
  const wait = Math.max(...places.map(({ bucket }) => bucket.wait));
  if (wait > 0) return wait;
  for (const { bucket, keep } of places) {
    bucket.take();
    keep();
  }
  return { forgive: () => places.forEach(({ bucket }) => void bucket.reserve(-1)) };
}

class Buckets {
  readonly #rate: Pace;
  readonly #clock: Clock;
  /** By the hash of their keys, since strangers choose how long these are. The one used last is at the end. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Pace, clock: Clock) {
    this.#rate = rate;
    this.#clock = clock;
  }

  get size(): number {
    return this.#buckets.size;
  }

  of(key: string): Place {
    const hash = createHash('sha256').update(key).digest('base64url');
    const known = this.#buckets.get(hash);
    const bucket = known ?? new TokenBucket(this.#rate.burst, this.#rate.perMinute, this.#clock);
    const keep = () => {
      this.#buckets.delete(hash);
      this.#buckets.set(hash, bucket);
      if (this.#buckets.size > MAX_KEYS) this.#forgetOne();
    };
    if (known !== undefined) keep();
    return { bucket, keep };
  }

  /** Who tries very many names is not to have the turns back that he used up for one. */
  #forgetOne(): void {
    const [oldest = ''] = this.#buckets.keys();
    let looked = 0;
    for (const [hash, bucket] of this.#buckets) {
      looked += 1;
      if (bucket.wait > 0 && looked < LOOKED_AT) continue;
      this.#buckets.delete(bucket.wait > 0 ? oldest : hash);
      return;
    }
  }
}
