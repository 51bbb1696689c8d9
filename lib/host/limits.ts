/** Limits of the client host, each with its reason. Durations are milliseconds. Source: the settings page. */

/** The limits of a dial-back. Every one can be set, mostly for tests. */
export interface HostLimits {
  /** From the connection to a complete `Auth`. */
  authTimeoutMs: number;
  /** From the accepted `Auth` to a complete request. */
  requestTimeoutMs: number;
  /** How long `onRequest` may take before the caller gets an internal error. */
  vetoTimeoutMs: number;
  /** How long one report may take before the caller gets an internal error. */
  runTimeoutMs: number;
  /** From the answer until the caller has acknowledged it, and again from then until the caller has closed. */
  closeWaitMs: number;
  /** Dial-backs at once. One more closes the oldest that has shown no token with 503, or is itself closed if all have. */
  maxConnections: number;
  /** Streams of one connection at once. */
  maxStreams: number;
  /** Bytes of one request. */
  maxRequestSize: number;
}

/** The defaults of {@link HostLimits}. */
export const DEFAULT_HOST_LIMITS: Readonly<HostLimits> = {
  // A caller that dialled us has its token ready; ten seconds are several round trips over any relay.
  authTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  // Long enough for a look into a database or a remote policy service.
  vetoTimeoutMs: 10_000,
  // The official client takes 21 s for a report without a relay; a run of more than 60 s has hung.
  runTimeoutMs: 60_000,
  // The answer must reach a slow caller before we close the connection.
  closeWaitMs: 5_000,
  // Callers that come while a report is made share it, so 16 are cheap; each costs some kilobytes.
  maxConnections: 16,
  // The protocol needs two; there may also be a stream that was opened and never used. QUIC keeps up to 1.25 MB per
  // stream that was not read, and the binding cannot lower this: 80 MB if unknown callers have all connections.
  maxStreams: 4,
  // `Auth` has about 150 bytes; larger tokens have room. Costs another 4 MB if all 4 × 16 streams are read at once.
  maxRequestSize: 64 * 1024,
};

/** Reason with `CLOSE_UNAVAILABLE` (503) when there are more than {@link HostLimits.maxConnections}; the caller may come back. */
export const REASON_BUSY = 'Too many connections';

/** Reasons with `CLOSE_BAD_REQUEST` that the protocol page does not name. */
export const REASON_EXPECTED_REQUEST = 'Expected a request';
export const REASON_SECOND_REQUEST = 'Unexpected second request';
export const REASON_MALFORMED = 'Malformed message';
export const REASON_TOO_MANY_STREAMS = 'Too many streams';
export const REASON_TOO_LARGE = 'Message too large';
