import { type Clock, nowSeconds, systemClock } from '../async/index.js';
import { TOKEN_LIFETIME_SECONDS } from '../wire/index.js';

/** Keeps the revocation mark when the process ends. Both methods reject when the mark cannot be read or stored. */
export interface RevocationStore {
  /** The mark in unix seconds; `null` when nothing was ever revoked. */
  load(): Promise<number | null>;
  /** Replaces the mark. After it has resolved, the mark survives a crash. */
  save(revokedUntil: number): Promise<void>;
}

/** A {@link RevocationStore} in memory: for an identity that itself ends with the process. */
export class MemoryRevocationStore implements RevocationStore {
  #mark: number | null = null;

  load(): Promise<number | null> {
    return Promise.resolve(this.#mark);
  }

  save(revokedUntil: number): Promise<void> {
    this.#mark = revokedUntil;
    return Promise.resolve();
  }
}

/** Options of {@link Revocation.load}. */
export interface RevocationOptions {
  /** Keeps the latest expiry that any grant was given, in the same unit as the mark. */
  granted?: RevocationStore | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
}

/** How far ahead the newest expiry is stored: so a process that reconnects all day writes only once. */
const NOTED_AHEAD_SECONDS = 86_400;

/** Processes that share a store and revoke at the same moment may overwrite each other, so saving is tried this often. */
const SAVE_ATTEMPTS = 5;

/**
 * The mark that takes grants back: the host refuses grant tokens that expire at or before it, and new grants are
 * made to expire later. Tokens carry no number that could be listed, so only the time tells old ones from new ones.
 * Clocks may be wrong, so the latest expiry that any process with this identity ever gave out is stored, too.
 */
export class Revocation {
  readonly #store: RevocationStore;
  readonly #clock: Clock;
  readonly #granted: RevocationStore;
  #mark: number | null;
  #newestGrant = 0;

  private constructor(store: RevocationStore, clock: Clock, granted: RevocationStore, mark: number | null) {
    this.#store = store;
    this.#clock = clock;
    this.#granted = granted;
    this.#mark = mark;
  }

  /**
   * Reads the mark. Rejects as the store does: nothing may be accepted while the mark is unknown.
   * @param options - `granted`: keeps the latest expiry of a grant when the process ends. Default: it is not kept
   */
  static async load(store: RevocationStore, options: RevocationOptions = {}): Promise<Revocation> {
    const { granted = new MemoryRevocationStore(), clock = systemClock } = options;
    return new Revocation(store, clock, granted, await store.load());
  }

  /** Unix seconds: grant tokens that expire at or before this are refused. `null`: nothing was revoked. */
  get revokedUntil(): number | null {
    return this.#mark;
  }

  /** Learns what another process with the same store has revoked. Rejects as the store does. */
  async refresh(): Promise<void> {
    this.#raise(await this.#store.load());
  }

  /** The expiry of a grant made now, in unix seconds. The grant counts as given out from here on. */
  nextGrantExpiry(): number {
    const expiry = grantExpiry(nowSeconds(this.#clock), this.#mark);
    this.#newestGrant = Math.max(this.#newestGrant, expiry);
    return expiry;
  }

  /**
   * Stores the latest expiry given out, for later processes. To be called before the grant is sent. If it cannot be
   * stored (a read-only mount), later processes only have their clock. Never rejects.
   */
  async keepNewest(): Promise<void> {
    const newest = this.#newestGrant;
    if (newest <= ((await this.#grantedUntil()) ?? 0)) return;
    await this.#granted.save(newest + NOTED_AHEAD_SECONDS).catch(() => {});
  }

  /**
   * Takes back every grant given out so far, at once. Rejects when the mark could not be stored: it is then valid in
   * this process and lost when the process ends.
   */
  async revoke(): Promise<void> {
    this.#raise(revocationMark(nowSeconds(this.#clock), this.#mark, this.#newestGrant));
    this.#raise(await this.#grantedUntil());
    for (let attempt = 1; attempt <= SAVE_ATTEMPTS; attempt += 1) {
      await this.refresh();
      await this.#store.save(this.#mark ?? 0);
      if (((await this.#store.load()) ?? 0) >= (this.#mark ?? 0)) return;
    }
  }

  #raise(mark: number | null): void {
    if (mark !== null) this.#mark = Math.max(this.#mark ?? 0, mark);
  }

  async #grantedUntil(): Promise<number | null> {
    return this.#granted.load().catch(() => null);
  }
}

/** When a grant made at `now` expires: after the usual lifetime, but always later than the mark. */
export function grantExpiry(now: number, mark: number | null): number {
  return Math.max(now + TOKEN_LIFETIME_SECONDS, mark === null ? 0 : mark + 1);
}

/**
 * The mark that covers every grant given out until `now`: the newest of this process, and those of earlier processes,
 * which expire no later than {@link grantExpiry} says.
 */
export function revocationMark(now: number, mark: number | null, newestGrant: number): number {
  return Math.max(grantExpiry(now, mark), newestGrant);
}
