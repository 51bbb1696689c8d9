/** The platform's limits and time-outs, each with its reason. Times are in milliseconds unless named otherwise. */

/** What a stranger may send before it has shown a valid token. An `Auth` request is about 250 bytes. */
export const MAX_UNAUTHORISED_REQUEST = 64 * 1024;
/** What an authorised endpoint may send as metrics. A schema of {@link MAX_METRICS_ITEMS} with help texts stays below. */
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
/**
 * Sessions at once that have shown a token. When another comes, the API secret with the most of them gives way, by its
 * session that was silent the longest; a secret that has the most itself is refused.
 */
export const MAX_SESSIONS = 256;
/** Beside them, those that have shown no token yet: the oldest gives way, or silent strangers would keep endpoints out. */
export const MAX_STRANGERS = 64;
/** Connections at once in the router: sessions, strangers, and as many handshakes, so that a full house still opens its door. */
export const MAX_CONNECTIONS = MAX_SESSIONS + 2 * MAX_STRANGERS;
/** Refused strangers that are told of at once, and then in a minute: enough to see what goes on, too few to fill a log. */
export const REFUSALS_TOLD_AT_ONCE = 20;
export const REFUSALS_TOLD_PER_MINUTE = 20;
/** Clients issue their tokens when they connect: one that expired so long ago is the work of a wrong clock. Seconds. */
export const LONG_EXPIRED_SECONDS = 3_600;
/** Sessions of one endpoint at once, all from one socket: ours, and one of the official client beside it. */
export const MAX_SESSIONS_PER_ENDPOINT = 4;
/** Who asks what kind of platform this is has the answer with the connection, and is let go after a moment. */
export const OWN_KIND_STAY_MS = 1_000;
/** Of these at once. */
export const MAX_OWN_KIND = 16;
/** Requests of one session that are read at once. Clients send one at a time. */
export const MAX_STREAMS_PER_SESSION = 8;
/**
 * Requests of one session that wait or are read. Of each that is not read QUIC keeps up to 1.25 MB (its stream window; the
 * binding cannot make it smaller), so a session can park 20 MB. For a moment it can be a hundred streams, which is what
 * QUIC lets a peer begin: until the seventeenth is seen, and the connection closed.
 */
export const MAX_OPEN_STREAMS_PER_SESSION = 16;
/** The same of a stranger, which needs one; a stream that was opened and never used may come first. */
export const MAX_STREAMS_PER_STRANGER = 4;
/**
 * The same over all sessions and strangers: bounds what is parked to 640 MB, however many attack together. Beyond it
 * the API secret (or the strangers) with the most gives way: the session of its oldest open request is closed.
 */
export const MAX_OPEN_STREAMS = 512;
/** What anything but metrics may have, and what is read without standing in line: {@link MAX_OPEN_STREAMS} have 32 MB. */
export const LARGE_REQUEST = 64 * 1024;
/** How long a request that was refused by its size lies unread: its sender may go on, and then reads why. */
export const REFUSED_LINGER_MS = 5_000;
/** Larger requests that are read at once, over all sessions, and of one API secret; the rest waits before it is read. */
export const MAX_LARGE_REQUESTS = 16;
export const MAX_LARGE_REQUESTS_PER_SECRET = 4;
/** Requests of one endpoint at once, and in {@link RATE_WINDOW_MS}; later ones wait. Each may cost a write to disk. */
export const RATE_LIMIT = 100;
/** The same for all endpoints of one API secret: 256 that connect at once, with some requests each, stay below. */
export const SECRET_RATE_LIMIT = 2_000;
export const RATE_WINDOW_MS = 10_000;
/**
 * Changes of group and attributes by one endpoint: some at once, and then one a second. Beyond that the answer is
 * `RateLimited`, and nothing is written: an app says who it is now and then, not all the time.
 */
export const LABELS_AT_ONCE = 30;
export const LABELS_PER_MINUTE = 60;
/** Bytes of a request that take a turn of their own: reading a large one takes time from everybody. */
export const RATE_TURN_SIZE = 16 * 1024;

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
/** After the last connection to an id was closed: what iroh's own task takes to forget its path, many times over. */
export const FORGET_MS = 50;
/** Should it take longer yet, the first packets went to the dead path, and QUIC repeats them after a second: a new dial is sooner. */
export const REDIAL_MS = 400;
/** The app's answer to `Auth`: no work, one round trip. */
export const DIAL_BACK_AUTH_TIMEOUT_MS = 10_000;
/** A run: ours ends after 3 s, the official host takes 21 s without a relay. */
export const RUN_TIMEOUT_MS = 60_000;
/** Dial-backs at once, over all endpoints. */
export const MAX_RUNS = 32;
