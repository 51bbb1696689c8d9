import { monotonicMs } from '../async/index.js';
import { ipv6ToBytes, parseSocketAddr } from '../wire/index.js';
import { HANDSHAKE_STALLS_MS } from './constants.js';

/** Bytes of an IPv6 address that name a site: the most that a provider commonly gives to one customer (a /48). */
const IPV6_SITE_BYTES = 6;

/**
 * Handshakes that are under way, by where they come from. Only those whose address is proven belong here: by others
 * anybody could fill the account of somebody else.
 */
export class Handshakes {
  readonly #now: () => number;
  /** What makes each give way, and since when it is under way; the oldest first. */
  readonly #bySource = new Map<string, Map<() => void, number>>();

  /** @param now - milliseconds, monotonic */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  enter(source: string, giveWay: () => void): void {
    const handshakes = this.#bySource.get(source) ?? new Map();
    this.#bySource.set(source, handshakes.set(giveWay, this.#now()));
  }

  /** It has ended, well or not. Idempotent. */
  leave(source: string, giveWay: () => void): void {
    const handshakes = this.#bySource.get(source);
    if (handshakes?.delete(giveWay) === true && handshakes.size === 0) this.#bySource.delete(source);
  }

  /**
   * Makes the oldest handshake of the source that has most give way to a new one from `source`: when it stalls, and
   * unless that source would have as many then, or stalled handshakes could make room for more of them.
   * @returns whether one did
   */
  makeRoom(source: string): boolean {
    const sizes = [...this.#bySource].map(([name, { size }]) => ({ name, size }));
    const most = sizes.reduce((a, b) => (b.size > a.size ? b : a), { name: source, size: 0 });
    if (most.size <= (this.#bySource.get(source)?.size ?? 0) + 1) return false;
    const [[oldest, since] = []] = this.#bySource.get(most.name) ?? [];
    if (oldest === undefined || since === undefined || this.#now() - since < HANDSHAKE_STALLS_MS)
      return false;
    this.leave(most.name, oldest);
    oldest();
    return true;
  }
}

/**
 * Where an attempt comes from, as far as one sender can have many of it: an address without its port, an IPv6 site,
 * a relay.
 * @param remoteAddress - as `Incoming.remoteAddress` gives it
 */
export function sourceOf(remoteAddress: string): string {
  try {
    const { family, ip } = parseSocketAddr(remoteAddress);
    if (family === 4) return ip;
    const bytes = ipv6ToBytes(ip)?.subarray(0, IPV6_SITE_BYTES) ?? [];
    return Buffer.from(bytes).toString('hex');
  } catch {
    return remoteAddress;
  }
}
