/** Endpoints that are remembered. Of more, the one that has not pushed for the longest is as new. */
const MAX_ENDPOINTS = 20_000;

/**
 * How many bytes each endpoint may add to what is kept of its metrics: some at once, then so many a second. It lasts over
 * sessions, and over changes of the clock.
 */
export class Allowance {
  readonly #atOnce: number;
  readonly #perSecond: number;
  readonly #used = new Map<string, { bytes: number; at: number }>();

  constructor(atOnce: number, perSecond: number) {
    this.#atOnce = atOnce;
    this.#perSecond = perSecond;
  }

  /** @param now - unix milliseconds. @returns whether that many bytes are left; then they are used */
  take(endpoint: string, bytes: number, now: number): boolean {
    const before = this.#used.get(endpoint) ?? { bytes: 0, at: now };
    const regained = (Math.max(0, now - before.at) / 1_000) * this.#perSecond;
    const used = Math.max(0, before.bytes - regained) + bytes;
    const isAllowed = used <= this.#atOnce;
    this.#used.delete(endpoint);
    this.#used.set(endpoint, { bytes: isAllowed ? used : used - bytes, at: now });
    const [oldest] = this.#used.keys();
    if (oldest !== undefined && this.#used.size > MAX_ENDPOINTS) this.#used.delete(oldest);
    return isAllowed;
  }
}
