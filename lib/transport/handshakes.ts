import { monotonicMs } from '../async/index.js';
import { ipv6ToBytes, parseSocketAddr } from '../wire/index.js';
import { HANDSHAKE_STALLS_MS } from './constants.js';

/** Bytes of an IPv6 address that identify a site: the largest network that providers commonly give one customer (a /48). */
const IPV6_SITE_BYTES = 6;

/**
 * Handshakes in progress, by their source. Only those with a proven address belong here: with an unproven one anybody
 * could use up the places of somebody else.
 */
export class Handshakes {
  readonly #now: () => number;
  /** For each source: the function that makes a handshake give way, and when that began. The oldest is first. */
  readonly #bySource = new Map<string, Map<() => void, number>>();

  /** @param now - milliseconds, monotonic */
  constructor(now: () => number = monotonicMs) {
    this.#now = now;
  }

  enter(source: string, giveWay: () => void): void {
    const handshakes = this.#bySource.get(source) ?? new Map();
    this.#bySource.set(source, handshakes.set(giveWay, this.#now()));
  }

  /** The handshake has ended, with success or not. Idempotent. */
  leave(source: string, giveWay: () => void): void {
    const handshakes = this.#bySource.get(source);
    if (handshakes?.delete(giveWay) === true && handshakes.size === 0) this.#bySource.delete(source);
  }

  /**
   * Makes room for a new handshake from `source`: the oldest handshake of the source with the most gives way. It does so
   * only when it stalls, and only while that source keeps at least as many as `source` then has: otherwise stalled
   * handshakes could make room for more of their kind.
   * @returns whether one gave way
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
 * The source of an attempt, without the parts that one sender can vary: an IPv4 address without its port, an IPv6 site,
 * or a relay.
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
