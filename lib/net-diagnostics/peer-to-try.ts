import type { PeerToTry } from '../probes/index.js';
import type { Endpoint } from '../transport/index.js';
import { type EndpointAddress, PEER_ALPN } from '../wire/index.js';

/** A peer as a report takes it, dialled by `endpoint`. */
export function peerToTry(endpoint: Endpoint, address: EndpointAddress): PeerToTry {
  return { id: address.id, connect: (wait) => endpoint.connect(address, PEER_ALPN, wait) };
}
