import type { Connection, Endpoint, PathInfo } from '../../transport/index.js';
import {
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  parseSocketAddr,
} from '../../wire/index.js';

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
