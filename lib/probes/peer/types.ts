import type { WaitOptions } from '../../async/index.js';

/** A peer to try: a real endpoint elsewhere, and how to dial it with a real one of ours. */
export interface PeerToTry {
  /** Its endpoint id: 64 hex digits. */
  readonly id: string;
  /**
   * Dials it with the protocol `PEER_ALPN`, through relays or directly. The probe closes what it gets; a link that comes up
   * after the wait ended is closed by this function.
   */
  connect(wait: WaitOptions): Promise<PeerLink>;
}

/** The part of a connection that a trial needs. A `Connection` of this package fits. */
export interface PeerLink {
  /** The paths in use now. */
  paths(): readonly PeerPath[];
  /** Opens a stream in both directions. */
  openStream(wait?: WaitOptions): Promise<PeerStream>;
  /** Closes it at once. */
  close(code: number, reason?: string): void;
}

/** One network path of a {@link PeerLink}. */
export interface PeerPath {
  /** `ip:port`, or the URL of the relay. */
  readonly remoteAddr: string;
  readonly isRelay: boolean;
  /** Whether data uses this path now. */
  readonly isSelected: boolean;
  /** Datagrams that came by it. Absent: not known. */
  readonly received?: number;
}

/** Both directions of one stream. */
export interface PeerStream {
  /** Writes all bytes. */
  write(bytes: Uint8Array, wait?: WaitOptions): Promise<void>;
  /** Reads 1 to `limit` bytes as they arrive; `null` at the end. */
  read(limit: number, wait?: WaitOptions): Promise<Uint8Array | null>;
}
