/** Time-outs and bounds of the client, each with its reason. Durations are milliseconds. */

/** How the session waits and gives up. Every one can be set, mostly for tests. */
export interface ClientLimits {
  /** First delay before a reconnect, before the jitter. */
  reconnectMinMs: number;
  /** Longest delay before a reconnect, before the jitter. */
  reconnectMaxMs: number;
  /** A connection that lived this long was a good one: the back-off starts again at its minimum. */
  stableAfterMs: number;
  /** Delay after a refusal that only a person can lift (401, a missing capability), before the jitter. */
  slowRetryMs: number;
  /** Of one connection attempt, relay and hole punching included. */
  connectTimeoutMs: number;
  /** Of one request; beyond it the platform counts as hung and the session is renewed. */
  requestTimeoutMs: number;
  /** Between two keep-alive pings. */
  pingIntervalMs: number;
}

/** The defaults of {@link ClientLimits}. */
export const DEFAULT_CLIENT_LIMITS: Readonly<ClientLimits> = {
  // A restarting platform is back within seconds, but one that closes every connection must not be called in a tight loop.
  reconnectMinMs: 500,
  // A platform that was away for hours has its endpoints back within a minute and a half.
  reconnectMaxMs: 60_000,
  // Twice the time in which an overloaded platform would usually have thrown us out again.
  stableAfterMs: 30_000,
  // Source: the settings page.
  slowRetryMs: 15 * 60_000,
  // By then QUIC resends its first packet so rarely that a fresh attempt finds a platform that is back sooner.
  connectTimeoutMs: 15_000,
  // Twenty times what the slowest sensible platform needs to store a report of some kilobytes.
  requestTimeoutMs: 20_000,
  // QUIC keeps the path open by itself; the ping sees a platform whose process hangs.
  pingIntervalMs: 30_000,
};

/** Each request is one stream; a peer grants 100 of them, and most are left to answers that are slow. */
export const MAX_CONCURRENT_REQUESTS = 8;

/** Requests that wait for one of those; more are refused at once rather than kept in memory. */
export const MAX_QUEUED_REQUESTS = 64;

/**
 * After a failed `Auth`: how long the reason for it may take to arrive. A platform that ends the stream just
 * before it closes the connection with 401 is otherwise mistaken for one that is broken.
 */
export const CLOSE_REASON_GRACE_MS = 1_000;

/** Bytes of an answer: nothing, a ping's id, or an error with a text. The protocol would allow 16 MiB. */
export const MAX_ANSWER_SIZE = 64 * 1024;

/** First metrics after going online are spread over this time, so that a platform that returns is not flooded. */
export const METRICS_START_SPREAD_MS = 10_000;
