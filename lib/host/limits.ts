/** Limits of the client host, each with its reason. Durations are milliseconds. Source: the settings page. */

/** What a dial-back may cost. Every one can be set, mostly for tests. */
export interface HostLimits {
  /** From the connection to a complete `Auth`. */
  authTimeoutMs: number;
  /** From the accepted `Auth` to a complete request. */
  requestTimeoutMs: number;
  /** How long `onRequest` may think before the caller gets an internal error. */
  vetoTimeoutMs: number;
  /** How long one report may take before the caller gets an internal error. */
  runTimeoutMs: number;
  /** From the answer until the caller acknowledged it, and from then until it closed. */
  closeWaitMs: number;
  /** Dial-backs at once. Beyond it the oldest that has shown no token is closed with 503, or the new one if all have. */
  maxConnections: number;
  /** Streams of one connection at once. */
  maxStreams: number;
  /** Bytes of one request. */
  maxRequestSize: number;
}

/** The defaults of {@link HostLimits}. */
export const DEFAULT_HOST_LIMITS: Readonly<HostLimits> = {
  // A caller that dialled us has its token at hand; ten seconds are several round trips over any relay.
  authTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  // Long enough for a look into a database or a remote policy service.
  vetoTimeoutMs: 10_000,
  // The official client takes 21 s for a report without a relay; beyond this the run has hung.
  runTimeoutMs: 60_000,
  // The answer must reach a slow caller before the connection goes away with it.
  closeWaitMs: 5_000,
  // Callers that come while a report is made share it, so this many are cheap; each costs some kilobytes.
  maxConnections: 16,
  // The protocol needs two; a stream that was opened and never used may stand beside them. What was not read of a stream
  // lies in QUIC's memory, up to 1.25 MB that the binding cannot make less: 80 MB, if strangers have all connections.
  maxStreams: 4,
  // `Auth` has about 150 bytes. Room for tokens with more in them: 4 MB on top of that, if all of 4 × 16 are read at once.
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
