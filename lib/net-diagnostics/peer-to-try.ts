import { linkedAbort, settledWithin, type WaitOptions, withDeadline } from '../async/index.js';
import type { PeerToTry } from '../probes/index.js';
import type { Connection, Endpoint } from '../transport/index.js';
import { CLOSE_NORMAL, type EndpointAddress, PEER_ALPN } from '../wire/index.js';

/** How long one way gets before the next is tried beside it, in milliseconds: a handshake through a far relay takes less. */
const HEAD_START_MS = 700;

/** The part of an endpoint that dials. */
type Dialler = Pick<Endpoint, 'connect'>;

/** A peer as a report takes it, dialled by `endpoint`. */
export function peerToTry(endpoint: Dialler, address: EndpointAddress): PeerToTry {
  return { id: address.id, connect: (wait) => dialPeer(endpoint, address, wait) };
}

/**
 * Dials by each relay alone, and by the peer's own addresses last; what connects first is taken, the rest is given up. The
 * binding takes one relay a dial, and a peer may have moved to another of its relays. Its own addresses come last, since a peer
 * answers where the first datagram came from: behind a firewall that lets nothing in, that answer would be lost.
 * @throws as `Endpoint.connect`: why the first way failed
 */
async function dialPeer(
  endpoint: Dialler,
  address: EndpointAddress,
  { signal, timeoutMs }: WaitOptions,
): Promise<Connection> {
  const over = linkedAbort(signal);
  const connections: Connection[] = [];
  const take = (connection: Connection) => {
    if (connections.push(connection) > 1) connection.close(CLOSE_NORMAL);
    return connection;
  };
  try {
    return await withDeadline({ signal: over.signal, timeoutMs }, Number.POSITIVE_INFINITY, async (rest) => {
      const dials: Promise<Connection>[] = [];
      for (const way of waysTo(address)) {
        dials.push(endpoint.connect(way, PEER_ALPN, rest()).then(take));
        await settledWithin(HEAD_START_MS, Promise.any(dials));
        if (connections.length > 0) break;
      }
      return await Promise.any(dials);
    });
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    over.release();
    over.abort();
  }
}

function waysTo({ id, relayUrls, directAddrs }: EndpointAddress): EndpointAddress[] {
  const relays = relayUrls.map((url) => ({ id, relayUrls: [url], directAddrs: [] }));
  const hasMore = directAddrs.length > 0 || relays.length === 0;
  return hasMore ? [...relays, { id, relayUrls: relayUrls.slice(0, 1), directAddrs }] : relays;
}
