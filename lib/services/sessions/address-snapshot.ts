import type { Connection, Endpoint, PathInfo } from '../../transport/index.js';
import {
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  parseSocketAddr,
} from '../../wire/index.js';

/** Paths of one connection that are remembered: a hostile peer can offer any number of addresses. */
const MAX_ADDRESSES = 32;

/**
 * Where the peer of a live connection is reachable. The protocol never says, and the transport forgets a peer 60 s
 * after its last connection closed: what a later dial-back needs must be written down now.
 * @returns `null` when nothing is known
 */
export async function snapshotAddress(
  endpoint: Endpoint,
  connection: Connection,
): Promise<EndpointAddress | null> {
  const known = await endpoint.remoteAddress(connection.remoteId).catch(() => null);
  return mergeAddress(connection.remoteId, known, connection.closeReason === null ? connection.paths() : []);
}

/** The addresses of the paths in use first, then what else is known; each once. */
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
