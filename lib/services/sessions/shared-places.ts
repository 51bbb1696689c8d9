import { monotonicMs } from '../../async/index.js';

/** One place of a holder: a function that ends whatever holds the place. It also identifies the place. */
export type Place = () => void;

/** How a {@link SharedPlaces} shares them out. */
export interface SharedPlacesOptions {
  /**
   * Whether the holder with the most gets a new place for its own oldest one. If not, it gets none: sessions that reconnect
   * by themselves would otherwise displace each other for ever.
   */
  mayDisplaceOwn: boolean;
  /** How many places one holder may have. Default: all. */
  share?: number | undefined;
  /**
   * Milliseconds after which a place can be the one that is lost. If none is that old, the new one gets its place in
   * addition. Default: 0.
   */
  graceMs?: number | undefined;
  /** Milliseconds, monotonic. */
  now?: (() => number) | undefined;
}

/**
 * Places that many holders share, without waiting (for that there is a semaphore). When all are taken, the holder with
 * the most loses its oldest place: the one that was taken or last used longest ago. So no holder can keep another out.
 * Every step takes the same time, however many holders there are.
 */
export class SharedPlaces {
  readonly #total: number;
  readonly #share: number;
  readonly #mayDisplaceOwn: boolean;
  readonly #graceMs: number;
  readonly #now: () => number;
  /** By holder, with the time of its last use; the oldest place first. */
  readonly #places = new Map<string, Map<Place, number>>();
  /** Holders by their number of places. */
  readonly #bySize = new Map<number, Set<string>>();
  /** The largest number that a holder has. */
  #most = 0;
  #taken = 0;

  /** @param total - the number of places */
  constructor(
    total: number,
    { mayDisplaceOwn, share = Number.POSITIVE_INFINITY, graceMs = 0, now = monotonicMs }: SharedPlacesOptions,
  ) {
    this.#total = total;
    this.#graceMs = graceMs;
    this.#now = now;
    this.#share = share;
    this.#mayDisplaceOwn = mayDisplaceOwn;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Takes a place; does nothing if `place` has one already. @returns whether it has one now */
  enter(holder: string, place: Place): boolean {
    const own = this.#places.get(holder) ?? new Map<Place, number>();
    if (own.has(place)) return true;
    if (own.size >= this.#share && !this.#giveUpOwn(holder)) return false;
    if (this.#taken >= this.#total && !this.#makeRoom(holder, own.size)) return false;
    this.#places.set(holder, own.set(place, this.#now()));
    this.#taken += 1;
    this.#resized(holder, own.size - 1, own.size);
    return true;
  }

  /** Notes that it was used: it is now the newest place of its holder. */
  used(holder: string, place: Place): void {
    const own = this.#places.get(holder);
    if (own?.delete(place) === true) own.set(place, this.#now());
  }

  /** Idempotent. */
  leave(holder: string, place: Place): void {
    const own = this.#places.get(holder);
    if (own?.delete(place) !== true) return;
    this.#taken -= 1;
    if (own.size === 0) this.#places.delete(holder);
    this.#resized(holder, own.size + 1, own.size);
  }

  #makeRoom(holder: string, has: number): boolean {
    // At least two more: otherwise the displaced one would come back and displace the other.
    const [biggest = holder] = this.#most >= has + 2 ? (this.#bySize.get(this.#most) ?? []) : [];
    return biggest === holder ? this.#giveUpOwn(holder) : this.#giveUp(biggest);
  }

  #giveUpOwn(holder: string): boolean {
    return this.#mayDisplaceOwn && this.#giveUp(holder);
  }

  /** The holder loses its oldest place, unless that is too young. @returns whether there may be a new one */
  #giveUp(holder: string): boolean {
    const [[oldest, usedAt] = []] = this.#places.get(holder) ?? [];
    if (oldest === undefined || usedAt === undefined) return false;
    if (this.#now() - usedAt < this.#graceMs) return true;
    this.leave(holder, oldest);
    oldest();
    return true;
  }

  #resized(holder: string, before: number, now: number): void {
    const equals = this.#bySize.get(before);
    equals?.delete(holder);
    if (equals?.size === 0) this.#bySize.delete(before);
    if (now > 0) this.#bySize.set(now, (this.#bySize.get(now) ?? new Set()).add(holder));
    if (now > this.#most || (before === this.#most && !this.#bySize.has(before))) this.#most = now;
  }
}
