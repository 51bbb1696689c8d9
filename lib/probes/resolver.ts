import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Family } from '../report/index.js';
import { abortable } from './abortable.js';
import { MAX_ADDRESSES_PER_FAMILY } from './constants.js';

/** An address of a host. */
export interface ResolvedAddress {
  ip: string;
  family: Family;
}

/** Asks for all addresses of a host name. Rejects with a coded error (`ENOTFOUND`, `EAI_AGAIN`). */
export type LookupHost = (host: string) => Promise<readonly ResolvedAddress[]>;

/**
 * The system's resolver, as iroh's peers use it (hosts file included). A lookup cannot be cancelled: one that
 * hangs lives on in libuv's pool until the system gives up, but nobody waits for it.
 */
export const systemLookup: LookupHost = async (host) => {
  const found = await lookup(host, { all: true });
  return found.map(({ address, family }) => ({ ip: address, family: family === 6 ? 6 : 4 }));
};

/** Resolves each host once per report: all probes then ask the same addresses. */
export class Resolver {
  readonly #lookup: LookupHost;
  readonly #signal: AbortSignal;
  readonly #pending = new Map<string, Promise<readonly ResolvedAddress[]>>();

  constructor(lookupHost: LookupHost, signal: AbortSignal) {
    this.#lookup = lookupHost;
    this.#signal = signal;
  }

  /**
   * @param host - a name or an IP literal, as in a URL (`[::1]` included)
   * @returns at least one and at most a few addresses of each family; rejects when the report ends first
   */
  resolve(host: string): Promise<readonly ResolvedAddress[]> {
    const bare = host.replace(/^\[|\]$/g, '');
    const version = isIP(bare);
    if (version !== 0) return Promise.resolve([{ ip: bare, family: version === 6 ? 6 : 4 }]);
    const pending = this.#pending.get(bare) ?? abortable(this.#ask(bare), this.#signal);
    this.#pending.set(bare, pending);
    return pending;
  }

  async #ask(host: string): Promise<readonly ResolvedAddress[]> {
    const found = (await this.#lookup(host)).filter(({ ip }) => isIP(ip) !== 0);
    const few = (family: Family) =>
      found.filter((address) => address.family === family).slice(0, MAX_ADDRESSES_PER_FAMILY);
    const addresses = [...few(4), ...few(6)];
    if (addresses.length > 0) return addresses;
    throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
  }
}
