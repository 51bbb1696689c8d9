/** Time-outs and bounds of the client, each with its reason. Durations are milliseconds. */

/** The time limits of the session. Every one can be set, mostly for tests. */
export interface ClientLimits {
  /** First delay before a reconnect, before the jitter. */
  reconnectMinMs: number;
  /** Longest delay before a reconnect, before the jitter. */
  reconnectMaxMs: number;
  /** After a connection that lasted this long, the back-off starts again at its minimum. */
  stableAfterMs: number;
  /** Delay after a refusal that only a person can resolve (401, a missing capability), before the jitter. */
  slowRetryMs: number;
  /**
   * First delay after another process with the same identity has taken our place, before the jitter; doubled each time
   * that it happens in a row, up to {@link reconnectMaxMs}.
   */
  replacedRetryMs: number;
  /** Limit of one connection attempt, including relay and hole punching. */
  connectTimeoutMs: number;
  /** Limit of one request; after it the platform counts as hung and the session is renewed. */
  requestTimeoutMs: number;
  /** Between two keep-alive pings. */
  pingIntervalMs: number;
  /** How long a request that is under way may still take when the session stops or renews itself. */
  stopGraceMs: number;
  /** Limit of the last metrics push of a session that stops. */
  farewellTimeoutMs: number;
}

/** The defaults of {@link ClientLimits}. */
export const DEFAULT_CLIENT_LIMITS: Readonly<ClientLimits> = {
  // A restarting platform is back within seconds, but one that closes every connection must not be dialled all the time.
  reconnectMinMs: 500,
  // A platform that was away for hours has its endpoints back within a minute and a half.
  reconnectMaxMs: 60_000,
  // Twice the time in which an overloaded platform would usually have thrown us out again.
  stableAfterMs: 30_000,
  // Source: the settings page.
  slowRetryMs: 15 * 60_000,
  // An older process that is stopping has ended by then; if our process should stay, the button works again soon.
  replacedRetryMs: 20_000,
  // After this time QUIC resends its first packet so rarely that a new attempt finds a returning platform sooner.
  connectTimeoutMs: 15_000,
  // Twenty times what a very slow platform needs to store a report of some kilobytes.
  requestTimeoutMs: 20_000,
  // QUIC keeps the path open by itself; the ping detects a platform whose process hangs.
  pingIntervalMs: 30_000,
  // A stop may take five seconds. These two leave more than one second to close the endpoint.
  stopGraceMs: 2_000,
  farewellTimeoutMs: 1_500,
};

/**
 * How long a platform is dialled by its relays alone: names, TCP, TLS, the WebSocket and a handshake take some ten round trips,
 * the slowest of which, over a satellite, have 0.6 s.
 */
export const RELAYS_ALONE_MS = 7_000;

/** Least time between two reconnects without delay: a platform may ask for them again and again. */
export const RENEWAL_INTERVAL_MS = 1_000;

/**
 * Time limit of a ping for which there is a reason: after a jump of the clock the machine may have slept, and the platform
 * may have dropped this connection; with a dial-back it may be another process of the platform that calls. A live
 * connection answers within two round trips.
 */
export const WAKE_PING_TIMEOUT_MS = 5_000;

/** The hosted backend reads one request at a time; a second one would wait there, where we cannot see it. */
export const MAX_CONCURRENT_REQUESTS = 1;

/** Requests that wait for their turn; more are refused at once, not kept in memory. */
export const MAX_QUEUED_REQUESTS = 64;

/**
 * How long to wait for the reason of a failed `Auth`. A platform may end the stream just before it closes the
 * connection with 401; without the wait it would look broken.
 */
export const CLOSE_REASON_GRACE_MS = 1_000;

/** Bytes of an answer: an answer is empty, a ping's id, or an error with a text. The protocol allows 16 MiB. */
export const MAX_ANSWER_SIZE = 64 * 1024;

/**
 * The hosted backend keeps one metrics push per 30 s and connection and drops faster ones silently. Measured from one
 * answer to the next push, so that no network delay can shorten it. The extra 100 ms are for clocks that differ.
 */
export const METRICS_GAP_MS = 30_100;

/** For a shorter wait the kind of platform is not asked for: an interval of 30 s is only just below the gap. */
export const METRICS_GAP_SLACK_MS = 1_000;

/** A schema is sent with two pushes in a row: if the platform dropped the only one, later values would have no names. */
export const SCHEMA_SENDINGS = 2;

/** The schema is sent again after so many pushes, in case both were lost. */
export const SCHEMA_EVERY = 10;

/**
 * A platform that ends the connection while it reads a request of 2.0 may just have restarted, so the request is tried
 * once more after this time. A platform that does not know the request ends the connection each time.
 */
export const DOUBT_MS = 10 * 60_000;

/** Most samples of an app's own metrics; more are left out. Our platform takes 5000 in one push, and 1 MiB. */
export const MAX_APP_SAMPLES = 2_000;

/** How long a push waits for a registry, which may ask another service before it answers. */
export const REGISTRY_TIMEOUT_MS = 5_000;

/** The first metrics after going online are spread over this time, so that a returning platform is not flooded. */
export const METRICS_START_SPREAD_MS = 10_000;
