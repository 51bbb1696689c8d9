/** What a visit at a {@link PeerHost} may use. Every one can be set. */
export interface PeerLimits {
  /** Visits at once. One more closes the oldest of them with 503. Default: 16. */
  maxConnections: number;
  /** Milliseconds of one visit. Default: 30000. */
  visitMs: number;
  /** Bytes of one visit that are sent back. Default: 262144. */
  maxEchoBytes: number;
}

/** The defaults of {@link PeerLimits}. */
export const DEFAULT_PEER_LIMITS: Readonly<PeerLimits> = {
  // A report makes one visit and is gone after ten seconds at most. Whoever fills all places gives way to the next, so that
  // silent strangers keep nobody out.
  maxConnections: 16,
  visitMs: 30_000,
  // A report sends some ten kilobytes. Nobody is to use this machine as a way to send traffic.
  maxEchoBytes: 256 * 1024,
};

/** From the end of the echo until the visitor has closed, in milliseconds: what was sent last must reach it over a slow relay. */
export const LEAVE_WAIT_MS = 5_000;
/** How often the path in use is looked at, in milliseconds: a closed connection has none any more. */
export const PATH_LOOK_MS = 200;

/** Reason with 503 when a visit gives way to a newer one. */
export const REASON_BUSY = 'Too many connections';
/** Reasons with 400 and 1. */
export const REASON_EXPECTED_HELLO = 'Expected a hello';
export const REASON_SECOND_STREAM = 'Unexpected second stream';
export const REASON_TOO_LARGE = 'Too many bytes';
/** Reason with 0 when the time of a visit is over. */
export const REASON_TIME_IS_UP = 'The time is up';
