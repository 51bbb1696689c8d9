import type { Clock } from '../../async/index.js';
import type { Connection, Endpoint, PathInfo } from '../../transport/index.js';
import {
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  parseSocketAddr,
} from '../../wire/index.js';
import { ADDRESS_INTERVAL_MS } from '../constants.js';

/** Addresses that are kept of one connection: a hostile peer can offer any number. */
const MAX_ADDRESSES = 32;

/**
 * The address of the peer of a live connection. The protocol does not carry it, and the transport forgets a peer 60 s
 * after its last connection was closed, so it must be stored now for a later dial-back.
 * @returns `null` when nothing is known
 */
export async function snapshotAddress(
  endpoint: Endpoint,
  connection: Connection,
): Promise<EndpointAddress | null> {
  const known = await endpoint.remoteAddress(connection.remoteId).catch(() => null);
  return mergeAddress(connection.remoteId, known, connection.closeReason === null ? connection.paths() : []);
}

/** The addresses of the paths in use first, then other known ones; each once. */
export function mergeAddress(
  id: EndpointId,
  known: EndpointAddress | null,
  paths: readonly PathInfo[],
): EndpointAddress | null {
  const relayUrls = new Set<string>();
  const directAddrs = new Set<string>();
  for (const path of paths) (path.isRelay ? relayUrls : directAddrs).add(path.remoteAddr);
  for (const url of known?.relayUrls ?? []) relayUrls.add(url);
  for (const addr of known?.directAddrs ?? []) directAddrs.add(formatSocketAddr(addr));
  if (relayUrls.size + directAddrs.size === 0) return null;
  return {
    id,
    relayUrls: [...relayUrls].slice(0, MAX_ADDRESSES),
    directAddrs: [...directAddrs].slice(0, MAX_ADDRESSES).map(parseSocketAddr),
  };
}

/** Notices when the address of a session changes, without asking for it at each request. */
export class AddressWatch {
  readonly #endpoint: Endpoint;
  readonly #connection: Connection;
  readonly #clock: Clock;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #paths = '';
  #known = '';

  constructor(endpoint: Endpoint, connection: Connection, clock: Clock) {
    this.#endpoint = endpoint;
    this.#connection = connection;
    this.#clock = clock;
  }

  /** The address; `null` when nothing is known. */
  async now(): Promise<EndpointAddress | null> {
    this.#lookedAt = this.#clock.now();
    this.#paths = this.#addresses();
    const address = await snapshotAddress(this.#endpoint, this.#connection);
    this.#known = JSON.stringify(address);
    return address;
  }

  /** @returns the address if it is another than the last one; `null`: it is not, or nobody looked @param isDue - looks now */
  async changed(isDue: boolean): Promise<EndpointAddress | null> {
    const now = this.#clock.now();
    if (!isDue && now - this.#lookedAt < ADDRESS_INTERVAL_MS) return null;
    this.#lookedAt = now;
    // The paths are at hand; the transport has to be asked for the rest.
    if (!isDue && this.#addresses() === this.#paths) return null;
    const before = this.#known;
    const address = await this.now();
    return this.#known === before ? null : address;
  }

  #addresses(): string {
    if (this.#connection.closeReason !== null) return this.#paths;
    const addresses = this.#connection.paths().map(({ remoteAddr }) => remoteAddr);
    return addresses.sort().join();
  }
}
