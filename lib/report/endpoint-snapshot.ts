import type { EndpointId, SocketAddr } from '../wire/index.js';

/** One live network path to a peer. */
export interface PathSnapshot {
  /** `ip:port` of the peer, or the URL of the relay between. */
  remoteAddr: string;
  isRelay: boolean;
}

/** What an iroh endpoint knows about itself, copied at one moment: plain data, no handles. */
export interface EndpointSnapshot {
  endpointId: EndpointId;
  /** Addresses it believes peers can dial. None of them proves that UDP works. */
  directAddrs: readonly SocketAddr[];
  /** URL of its home relay; null while it has none. */
  homeRelay: string | null;
  /** Paths of the connections that are open now. */
  paths: readonly PathSnapshot[];
}
