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
  /**
   * First delay after another process with the same identity has taken our place, before the jitter; doubled each time
   * that it happens in a row, up to {@link reconnectMaxMs}.
   */
  replacedRetryMs: number;
  /** Of one connection attempt, relay and hole punching included. */
  connectTimeoutMs: number;
  /** Of one request; beyond it the platform counts as hung and the session is renewed. */
  requestTimeoutMs: number;
  /** Between two keep-alive pings. */
  pingIntervalMs: number;
  /** How long a request that is under way may still take when the session stops or renews itself. */
  stopGraceMs: number;
  /** Of the last metrics push of a session that stops. */
  farewellTimeoutMs: number;
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
  // A predecessor that is stopping has gone by then; if it is we that are to stay, the button works again soon.
  replacedRetryMs: 20_000,
  // By then QUIC resends its first packet so rarely that a fresh attempt finds a platform that is back sooner.
  connectTimeoutMs: 15_000,
  // Twenty times what the slowest sensible platform needs to store a report of some kilobytes.
  requestTimeoutMs: 20_000,
  // QUIC keeps the path open by itself; the ping sees a platform whose process hangs.
  pingIntervalMs: 30_000,
  // Both together leave an endpoint a second to close within the five that a stop may take.
  stopGraceMs: 2_000,
  farewellTimeoutMs: 1_500,
};

/** A connection is made anew at once no more often than this: a platform may ask for it again and again. */
export const RENEWAL_INTERVAL_MS = 1_000;

/**
 * Of the ping after a jump of the clock: the machine may have slept, and the platform have given this connection up. A
 * live one answers within two round trips.
 */
export const WAKE_PING_TIMEOUT_MS = 5_000;

/** The hosted backend reads one request at a time; what overtook another would wait there, out of our sight. */
export const MAX_CONCURRENT_REQUESTS = 1;

/** Requests that wait for one of those; more are refused at once rather than kept in memory. */
export const MAX_QUEUED_REQUESTS = 64;

/**
 * After a failed `Auth`: how long the reason for it may take to arrive. A platform that ends the stream just
 * before it closes the connection with 401 is otherwise mistaken for one that is broken.
 */
export const CLOSE_REASON_GRACE_MS = 1_000;

/** Bytes of an answer: nothing, a ping's id, or an error with a text. The protocol would allow 16 MiB. */
export const MAX_ANSWER_SIZE = 64 * 1024;

/**
 * The hosted backend keeps one metrics push per 30 s and connection and drops faster ones without a word. Measured from
 * an answer to the next push, so that no way between can shorten it; the rest is for clocks that differ.
 */
export const METRICS_GAP_MS = 30_100;

/** Waits below this are waited without asking what the platform is: an interval of 30 s is just short of the gap. */
export const METRICS_GAP_SLACK_MS = 1_000;

/** A schema goes out with two pushes in a row: the platform may drop one, and the rest would be numbers without names. */
export const SCHEMA_SENDINGS = 2;

/** And again after so many pushes, should it have been lost all the same. */
export const SCHEMA_EVERY = 10;

/**
 * A platform that ends the connection while it reads a request of 2.0 may just have restarted: it is tried once more,
 * after this. One that never knew the request would end every connection by it.
 */
export const DOUBT_MS = 10 * 60_000;

/** Of an app's own metrics; what is beyond them is left out. Our platform takes 5000 in one push, and 1 MiB. */
export const MAX_APP_SAMPLES = 2_000;

/** A registry may ask elsewhere before it answers; a push does not wait longer. */
export const REGISTRY_TIMEOUT_MS = 5_000;

/** First metrics after going online are spread over this time, so that a platform that returns is not flooded. */
export const METRICS_START_SPREAD_MS = 10_000;
