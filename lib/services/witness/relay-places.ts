import { lookup as systemLookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { monotonicMs } from '../../async/index.js';
import { networkRelays } from '../../transport/index.js';
import { type Relay, unmappedIp, withoutBrackets } from '../../wire/index.js';
import { RELAY_PLACES_AGE_MS } from '../constants.js';

/** Asks for all IP addresses of a host name. */
export type LookupIps = (host: string) => Promise<readonly string[]>;

/** Reads the hosts file, too, as a client of the relay does. */
const lookupIps: LookupIps = async (host) =>
  (await systemLookup(host, { all: true })).map(({ address }) => address);

/** What {@link RelayPlaces} needs. */
export interface RelayPlacesDeps {
  /** The platform's own relays, as its settings name them. */
  relays: () => readonly Relay[];
  /** Default: the system's. */
  lookup?: LookupIps | undefined;
  /** The relays that n0 runs. Default: as the binding ships them. */
  ofN0?: (() => Promise<readonly Relay[]>) | undefined;
}

/**
 * Where relays stand. Only names of the platform's own settings are looked up, one after the other and in the background: a call of
 * the system cannot be ended, and the app's own names wait for the same few threads. Of a relay that stands in a report alone
 * nothing is known, so nobody makes this machine ask for a name.
 */
export class RelayPlaces {
  readonly #relays: () => readonly Relay[];
  readonly #lookup: LookupIps;
  readonly #askN0: () => Promise<readonly Relay[]>;
  /** By URL; an empty list: its name has none, or nobody answered. */
  readonly #ips = new Map<string, readonly string[]>();
  #ofN0: ReadonlySet<string> = new Set();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #isClosed = false;

  constructor({ relays, lookup = lookupIps, ofN0 = networkRelays }: RelayPlacesDeps) {
    this.#relays = relays;
    this.#lookup = lookup;
    this.#askN0 = ofN0;
  }

  /** Looks, unless that was done lately. Resolves when all is known that can be, which may be long. Never rejects. */
  async refresh(): Promise<void> {
    if (monotonicMs() - this.#lookedAt < RELAY_PLACES_AGE_MS) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    await this.#looking;
  }

  /**
   * Whether a relay is known to stand at none of these addresses, all of one family. n0's own stand on no machine of a platform.
   * @param url - as reports have it
   */
  standsApart(url: string, family: 4 | 6, own: ReadonlySet<string>): boolean {
    if (this.#ofN0.has(url)) return true;
    const ips = this.#ips.get(url)?.filter((ip) => isIP(ip) === family) ?? [];
    return ips.length > 0 && !ips.some((ip) => own.has(ip));
  }

  /** Looks nothing more up. */
  close(): void {
    this.#isClosed = true;
  }

  async #look(): Promise<void> {
    const ofN0 = await this.#askN0().catch(() => []);
    this.#ofN0 = new Set(ofN0.map(({ url }) => url));
    for (const { url } of this.#relays()) {
      if (this.#isClosed) return;
      if (!this.#ofN0.has(url)) this.#ips.set(url, await this.#ipsOf(url));
    }
    this.#lookedAt = monotonicMs();
  }

  async #ipsOf(url: string): Promise<readonly string[]> {
    const host = withoutBrackets(new URL(url).hostname);
    const ips = isIP(host) === 0 ? await this.#lookup(host).catch(() => []) : [host];
    return ips.map(unmappedIp);
  }
}
