/** The platform's limits and time-outs, each with its reason. Times are in milliseconds unless named otherwise. */

/** What a stranger may send before it has shown a valid token. An `Auth` request is about 250 bytes. */
export const MAX_UNAUTHORISED_REQUEST = 64 * 1024;
/** What an authorised endpoint may send. A metrics schema of {@link MAX_METRICS_ITEMS} with help texts stays below. */
export const MAX_REQUEST = 1024 * 1024;
/**
 * What a diagnostics report may have, sent or fetched. One with fifty relays and a hundred addresses stays below; a
 * hundred are kept of each endpoint, and the dashboard lists the newest of all.
 */
export const MAX_REPORT = 64 * 1024;
/** How long a stranger may stay without showing a token. The ClientHost gives as long. */
export const AUTH_TIMEOUT_MS = 10_000;
/** How long one request may take to arrive, and its answer to be acknowledged: a large one over a slow relay. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Sessions at once, over all endpoints; the rest is turned away by the router. */
export const MAX_SESSIONS = 256;
/** Of them, those that have shown no token yet: the oldest gives way, or silent strangers would keep endpoints out. */
export const MAX_STRANGERS = 64;
/** Refused strangers that are told of at once, and then in a minute: enough to see what goes on, too few to fill a log. */
export const REFUSALS_TOLD_AT_ONCE = 20;
export const REFUSALS_TOLD_PER_MINUTE = 20;
/** Sessions of one endpoint at once: a client that changes networks leaves stale ones behind for 30 s. */
export const MAX_SESSIONS_PER_ENDPOINT = 4;
/** Requests of one session that are read at once. The official client sends one at a time. */
export const MAX_STREAMS_PER_SESSION = 8;
/**
 * Requests of one session that wait or are read: what is beyond them lies in QUIC's memory, with up to a megabyte
 * each, and the binding sets no limit there. Our client has 8 at once, the official one a single one.
 */
export const MAX_OPEN_STREAMS_PER_SESSION = 32;
/**
 * Requests of authorised sessions that are read at once: bounds memory to this many times {@link MAX_REQUEST}. Strangers
 * take none of these places; what they send is bounded by {@link MAX_STRANGERS} and {@link MAX_UNAUTHORISED_REQUEST}.
 */
export const MAX_STREAMS = 64;
/** Requests of one session within {@link RATE_WINDOW_MS}; later ones wait. Each may cost a write to disk. */
export const RATE_LIMIT = 100;
export const RATE_WINDOW_MS = 10_000;
/**
 * Changes of group and attributes in one session: some at once, and then one a second. Beyond that the answer is
 * `RateLimited`, and nothing is written: an app says who it is now and then, not all the time.
 */
export const LABELS_AT_ONCE = 30;
export const LABELS_PER_MINUTE = 60;
/** Bytes of a request that take a turn of their own: reading a large one takes time from everybody. */
export const RATE_TURN_SIZE = 64 * 1024;

/** Endpoints that one API secret may bring; beyond it the one unseen the longest is forgotten. */
export const MAX_ENDPOINTS_PER_SECRET = 1000;
/** API secrets that are good at the same time. */
export const MAX_API_SECRETS = 200;
/** Reports kept per endpoint; the oldest go first. */
export const MAX_REPORTS_PER_ENDPOINT = 100;
/** Metrics sessions kept per endpoint. A process has one; an ephemeral endpoint never has a second. */
export const MAX_METRICS_SESSIONS = 4;
/** Items of one metrics schema. An iroh endpoint has about 300. */
export const MAX_METRICS_ITEMS = 5_000;
/** How often "last seen" and the address snapshot of a live session are written down. */
export const SEEN_INTERVAL_MS = 30_000;

/** Connecting for a dial-back: a live session makes it quick, iroh itself gives up after 30 s. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** The app's answer to `Auth`: no work, one round trip. */
export const DIAL_BACK_AUTH_TIMEOUT_MS = 10_000;
/** A run: ours ends after 3 s, the official host takes 21 s without a relay. */
export const RUN_TIMEOUT_MS = 60_000;
/** Dial-backs at once, over all endpoints. */
export const MAX_RUNS = 32;
