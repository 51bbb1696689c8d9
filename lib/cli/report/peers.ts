import { settledWithin } from '../../async/index.js';
import { peerToTry } from '../../net-diagnostics/index.js';
import { ephemeralKey } from '../../options/index.js';
import type { PeerToTry } from '../../probes/index.js';
import { type BindingLoader, bindEndpoint } from '../../transport/index.js';
import type { EndpointAddress, Relay } from '../../wire/index.js';

/**
 * How long a relay is waited for, in milliseconds: without an answer over UDP iroh chooses one after three seconds. Without
 * one of our own the peers are dialled all the same.
 */
const ONLINE_WAIT_MS = 4_000;

/** How long closing is waited for, in milliseconds: after a dial to a peer that is away it would take three seconds. */
const CLOSE_WAIT_MS = 300;

/** Peers that can be tried, for as many reports as one likes. */
export interface OpenedPeers {
  readonly peers: readonly PeerToTry[];
  /** Closes the endpoint that dials them. Never rejects. */
  close(): Promise<void>;
}

/** What {@link openPeers} needs. */
export interface PeersToOpen {
  peers: readonly EndpointAddress[];
  /** Where the endpoint that dials them can be found; the peers' own relays are added. */
  relays: readonly Relay[];
  /** Ends the wait for a relay. */
  signal?: AbortSignal | undefined;
  /** Default: `@number0/iroh`. */
  loadBinding?: BindingLoader | undefined;
}

/**
 * Binds a fresh endpoint that dials the peers, and waits up to four seconds until it has a relay. Binds nothing, and loads
 * nothing, if there are no peers.
 * @throws NetDiagnosticsError `ERR_BINDING_UNAVAILABLE`, `ERR_BIND`
 */
export async function openPeers({ peers, relays, signal, loadBinding }: PeersToOpen): Promise<OpenedPeers> {
  if (peers.length === 0) return { peers: [], close: async () => {} };
  const theirs = relaysOf(peers).filter(({ url }) => relays.every((relay) => relay.url !== url));
  const endpoint = await bindEndpoint(
    { secretKey: ephemeralKey(), network: 'minimal', relays: [...relays, ...theirs], alpns: [] },
    {},
    loadBinding,
  );
  // Its own addresses are known by then, and a direct path needs them from both sides.
  await endpoint.online({ signal, timeoutMs: ONLINE_WAIT_MS }).catch(() => {});
  return {
    peers: peers.map((peer) => peerToTry(endpoint, peer)),
    close: () => settledWithin(CLOSE_WAIT_MS, endpoint.close()),
  };
}

/** The relays of the peers, each once. */
export function relaysOf(peers: readonly EndpointAddress[]): Relay[] {
  const urls = peers.flatMap(({ relayUrls }) => relayUrls);
  return [...new Set(urls)].map((url) => ({ url, quicPort: undefined, auth: null }));
}
