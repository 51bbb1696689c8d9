import { type Clock, TokenBucket } from '../../async/index.js';
import {
  LABELS_AT_ONCE,
  LABELS_PER_MINUTE,
  RATE_TURN_SIZE,
  RATE_WINDOW_MS,
  SECRET_BURSTS_PER_WINDOW,
  SECRET_TURN_SIZE,
  SESSION_PATIENCE_MS,
  SESSION_TURNS,
  SESSIONS_AT_ONCE,
  SESSIONS_PER_MINUTE,
  SESSIONS_SLOWDOWN,
} from '../constants.js';
import type { ServicesLimits } from '../limits.js';

/**
 * How often an endpoint may send requests, and all endpoints of one API secret together. Kept over connections: a
 * reconnect does not reset the limit.
 */
export class Rates {
  readonly #endpoints: Buckets;
  readonly #secrets: Buckets;
  readonly #labels: Buckets;
  readonly #endpointSessions: Buckets;
  readonly #secretSessions: Buckets;

  constructor(
    clock: Clock,
    {
      requestsPerEndpoint,
      requestsPerSecret,
    }: Pick<ServicesLimits, 'requestsPerEndpoint' | 'requestsPerSecret'>,
  ) {
    const requests = (limit: number, burst: number) =>
      new Buckets(() => new TokenBucket(burst, (limit * 60_000) / RATE_WINDOW_MS, clock));
    this.#endpoints = requests(requestsPerEndpoint, requestsPerEndpoint);
    this.#secrets = requests(requestsPerSecret, Math.ceil(requestsPerSecret / SECRET_BURSTS_PER_WINDOW));
    this.#labels = new Buckets(() => new TokenBucket(LABELS_AT_ONCE, LABELS_PER_MINUTE, clock));
    this.#endpointSessions = new Buckets(() => new TokenBucket(SESSIONS_AT_ONCE, SESSIONS_PER_MINUTE, clock));
    this.#secretSessions = requests(
      requestsPerSecret / (SESSION_TURNS * SESSIONS_SLOWDOWN),
      requestsPerSecret,
    );
  }

  /**
   * Counts one request of an API secret's endpoint; a larger one as several.
   * @returns milliseconds to wait before it is read and served
   */
  turn(endpointId: string, issuer: string, bytes = 0): number {
    return Math.max(
      this.#endpoints.of(endpointId).reserve(1 + Math.floor(bytes / RATE_TURN_SIZE)),
      this.#secrets.of(issuer).reserve(1 + Math.floor(bytes / SECRET_TURN_SIZE)),
    );
  }

  /**
   * Counts a new session. Its handshake is made by then, so what is bounded is what comes after it.
   * @returns milliseconds to wait before it begins; `null`: there were too many lately, and it is not counted
   */
  session(endpointId: string, issuer: string): number | null {
    const paces = [this.#endpointSessions.of(endpointId), this.#secretSessions.of(issuer)];
    if (paces.some(({ wait }) => wait > SESSION_PATIENCE_MS)) return null;
    return Math.max(
      this.#endpoints.of(endpointId).reserve(),
      this.#secrets.of(issuer).reserve(SESSION_TURNS),
      ...paces.map((pace) => pace.reserve()),
    );
  }

  /** Counts a change of an endpoint's group or attributes. @returns whether it may be made now */
  mayLabel(endpointId: string): boolean {
    return this.#labels.of(endpointId).take() === 0;
  }

  /** How many holders are remembered. */
  get size(): number {
    const all = [this.#endpoints, this.#secrets, this.#labels, this.#endpointSessions, this.#secretSessions];
    return all.reduce((sum, { size }) => sum + size, 0);
  }
}

/**
 * A bucket for each holder. With each new holder two others are looked at, in turns, and forgotten if theirs are full again
 * anyway. So only those are kept that were busy lately, nobody can push one of them out by many new names, and no step
 * takes long.
 */
class Buckets {
  readonly #make: () => TokenBucket;
  readonly #all = new Map<string, TokenBucket>();
  #turn = this.#all.entries();

  constructor(make: () => TokenBucket) {
    this.#make = make;
  }

  get size(): number {
    return this.#all.size;
  }

  of(holder: string): TokenBucket {
    const known = this.#all.get(holder);
    if (known !== undefined) return known;
    this.#tidy();
    this.#tidy();
    const made = this.#make();
    this.#all.set(holder, made);
    return made;
  }

  #tidy(): void {
    const next = this.#turn.next();
    if (next.done === true) this.#turn = this.#all.entries();
    else if (next.value[1].isFresh) this.#all.delete(next.value[0]);
  }
}
