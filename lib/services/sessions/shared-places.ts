/** One place of a holder. `giveWay` ends what holds it; it is also the place's name. */
export type Place = () => void;

/**
 * Places that many holders share, and nobody waits for (that is a semaphore). When there are none left, who has the most
 * gives way, so that no holder can keep another out: by its oldest place, the one that was taken or last used the longest
 * ago.
 */
export class SharedPlaces {
  readonly #total: number;
  readonly #mayDisplaceOwn: boolean;
  /** The oldest of each first. */
  readonly #places = new Map<string, Set<Place>>();
  #taken = 0;

  /**
   * @param total - how many there are
   * @param options - `mayDisplaceOwn`: whether who has the most itself goes on at the cost of its own oldest. Otherwise it
   * gets none: of things that come back by themselves, each would displace the next for ever.
   */
  constructor(total: number, { mayDisplaceOwn }: { mayDisplaceOwn: boolean }) {
    this.#total = total;
    this.#mayDisplaceOwn = mayDisplaceOwn;
  }

  /** Takes a place, unless it has it. @returns whether there was one */
  enter(holder: string, place: Place): boolean {
    const own = this.#places.get(holder) ?? new Set();
    if (own.has(place)) return true;
    if (this.#taken >= this.#total && !this.#makeRoom(holder, own.size)) return false;
    this.#places.set(holder, own.add(place));
    this.#taken += 1;
    return true;
  }

  /** It was used: of its holder's places it is the last to give way. */
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
      // By two, or the one that gave way would come back and displace the other.
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
