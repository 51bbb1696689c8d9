/** One place of a holder: a function that ends whatever holds the place. It also identifies the place. */
export type Place = () => void;

/**
 * Places that many holders share, without waiting (for that there is a semaphore). When all are taken, the holder with
 * the most loses its oldest place: the one that was taken or last used longest ago. So no holder can keep another out.
 */
export class SharedPlaces {
  readonly #total: number;
  readonly #mayDisplaceOwn: boolean;
  /** By holder; the oldest place first. */
  readonly #places = new Map<string, Set<Place>>();
  #taken = 0;

  /**
   * @param total - the number of places
   * @param options - `mayDisplaceOwn`: whether the holder with the most gets a new place for its own oldest one. If not,
   * it gets none: sessions that reconnect by themselves would otherwise displace each other for ever.
   */
  constructor(total: number, { mayDisplaceOwn }: { mayDisplaceOwn: boolean }) {
    this.#total = total;
    this.#mayDisplaceOwn = mayDisplaceOwn;
  }

  /** Takes a place; does nothing if `place` has one already. @returns whether it has one now */
  enter(holder: string, place: Place): boolean {
    const own = this.#places.get(holder) ?? new Set();
    if (own.has(place)) return true;
    if (this.#taken >= this.#total && !this.#makeRoom(holder, own.size)) return false;
    this.#places.set(holder, own.add(place));
    this.#taken += 1;
    return true;
  }

  /** Notes that it was used: it is now the newest place of its holder. */
  used(holder: string, place: Place): void {
    const own = this.#places.get(holder);
    if (own?.delete(place) === true) own.add(place);
  }

  /** Idempotent. */
  leave(holder: string, place: Place): void {
    const own = this.#places.get(holder);
    if (own?.delete(place) !== true) return;
    this.#taken -= 1;
    if (own.size === 0) this.#places.delete(holder);
  }

  #makeRoom(holder: string, has: number): boolean {
    let [biggest, most] = [holder, has];
    for (const [other, places] of this.#places) {
      // At least two more: otherwise the displaced one would come back and displace the other.
      if (places.size > most && places.size >= has + 2) [biggest, most] = [other, places.size];
    }
    if (biggest === holder && !this.#mayDisplaceOwn) return false;
    const [oldest] = this.#places.get(biggest) ?? [];
    if (oldest === undefined) return false;
    this.leave(biggest, oldest);
    oldest();
    return true;
  }
}
