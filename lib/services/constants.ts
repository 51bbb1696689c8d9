/** The platform's limits and time-outs, each with its reason. Times are in milliseconds unless named otherwise. */

/** Bytes of a request before a valid token was shown. An `Auth` request is about 250 bytes. */
export const MAX_UNAUTHORISED_REQUEST = 64 * 1024;
/** Bytes of an authorised endpoint's metrics. A schema of {@link MAX_METRICS_ITEMS} with help texts is smaller. */
export const MAX_REQUEST = 1024 * 1024;
/**
 * Bytes of a diagnostics report, uploaded or fetched. A report with fifty relays and a hundred addresses is smaller. The
 * limit matters because a hundred are kept for each endpoint, and the dashboard lists the newest of all.
 */
export const MAX_REPORT = 64 * 1024;
/**
 * Handshakes at once, in addition to all sessions and connections without a token: new connections can still come when all of
 * those places are taken.
 */
export const HANDSHAKE_PLACES = 256;
/** How long a connection may stay open without a token. The ClientHost has the same limit. */
export const AUTH_TIMEOUT_MS = 10_000;
/** How long a request may take to arrive, and its answer to be acknowledged: enough for a large one over a slow relay. */
export const REQUEST_TIMEOUT_MS = 30_000;
/** Events about refused connections without a token: at once, then per minute. Enough to notice, too few for a flood. */
export const REFUSALS_TOLD_AT_ONCE = 20;
export const REFUSALS_TOLD_PER_MINUTE = 20;
/** In seconds. Clients issue their tokens when they connect, so one that expired this long ago shows a wrong clock. */
export const LONG_EXPIRED_SECONDS = 3_600;
/**
 * How long the paths of a new session and those of older ones may take to meet. After that the older ones count as those of
 * another process. One round trip or two, on a busy machine and over a slow line. A dial-back does not wait for it.
 */
export const PATHS_SETTLE_MS = 2_000;
/** How often they are compared in that time. */
export const PATHS_LOOK_MS = 50;
/** How long a connection stays open that only asks for the kind of platform. The connection itself is the answer. */
export const OWN_KIND_STAY_MS = 1_000;
/** Such connections at once. */
export const MAX_OWN_KIND = 16;
/** Requests of one session that are read at once. Clients send one at a time. */
export const MAX_STREAMS_PER_SESSION = 8;
/**
 * Requests of one session that wait or are read. For each one that is not read, QUIC keeps up to 1.25 MB (its stream
 * window; the binding cannot make it smaller), so a session can occupy 20 MB. For a moment there can be a hundred
 * streams, QUIC's own limit, until we see the seventeenth and close the connection.
 */
export const MAX_OPEN_STREAMS_PER_SESSION = 16;
/** The same before a token was shown. One is needed; a stream that was opened and never used may come first. */
export const MAX_STREAMS_PER_STRANGER = 4;
/**
 * How long a request may take to arrive before it can be the one that gives way when too many are open. An honest one is
 * there at once, also when five thousand apps come back together; what arrives in this time is limited by the network.
 */
export const REQUEST_STALLS_MS = 5_000;
/** Bytes of a request other than metrics. Up to this size there is no queue: five hundred have 32 MB. */
export const LARGE_REQUEST = 64 * 1024;
/** Bytes of a request that is read before it is its turn: all but reports, schemas and metrics are smaller. */
export const SMALL_REQUEST = 1024;
/** How long a request that was refused for its size stays open unread: its sender can finish and then read the reason. */
export const REFUSED_LINGER_MS = 5_000;
/** The time in which an endpoint and an API secret may send so many requests as their limits say. */
export const RATE_WINDOW_MS = 10_000;
/** In this time each connection's bytes are looked at once, in so many parts. */
export const UNREAD_ROUND_MS = 2_000;
export const UNREAD_LOOKS = 20;
/** Bytes of a datagram that carry nothing: its header, the seal, an acknowledgement. */
export const DATAGRAM_OVERHEAD = 45;
/**
 * So much may come beyond requests before a connection is suspected of one-way streams: probes of the path's size and the
 * addresses that iroh exchanges are 10 to 20 KB. Five thousand connections could hide 320 MB.
 */
export const UNEXPLAINED_BYTES = 64 * 1024;
/** What of it is forgiven: an idle connection has 10 to 30 bytes a second. */
export const UNEXPLAINED_BYTES_PER_SECOND = 64;
/**
 * Changes of group and attributes by one endpoint: thirty at once, then one per second. More are answered with
 * `RateLimited`, and nothing is written: an app changes these rarely.
 */
export const LABELS_AT_ONCE = 30;
export const LABELS_PER_MINUTE = 60;
/** For the rate limit of an endpoint, each of this many bytes counts as one request, since reading takes time. */
export const RATE_TURN_SIZE = 16 * 1024;
/** The same for that of an API secret, which shares the process with others: it may be read from at 4 MB a second. */
export const SECRET_TURN_SIZE = 4 * 1024;
/** A new session counts as so many requests of its API secret: a token is checked, and two rows are written. */
export const SESSION_TURNS = 5;
/**
 * Sessions of one endpoint: so many at once, then per minute. An app opens one when it starts, and another when its network
 * changes; one that crashes at every start may come again each other second.
 */
export const SESSIONS_AT_ONCE = 10;
export const SESSIONS_PER_MINUTE = 30;
/**
 * Sessions of one API secret, whichever endpoints come: as many as it has requests in {@link RATE_WINDOW_MS}, as fast as
 * {@link SESSION_TURNS} let them. That is a fleet of twice the size of the platform. Whoever goes on is slowed down so many times.
 */
export const SESSIONS_SLOWDOWN = 4;
/** How long a new session waits for either of these turns. Who would wait longer is refused, and takes none: so no line grows. */
export const SESSION_PATIENCE_MS = 5_000;
/** How often who waits for a turn looks whether its connection still lives: one that has ended would keep its place. */
export const TURN_LOOK_MS = 1_000;
/** An API secret's requests come evenly: it gets its turns of a tenth of a second at once, since others have to wait for them. */
export const SECRET_BURSTS_PER_WINDOW = 100;

/** How long an API secret is remembered: a revocation of which a process has not heard takes effect then. */
export const SECRET_LIFE_MS = 30_000;
/** How long a request waits for a database that may be away, and when it is asked again; meanwhile a known secret stays. */
export const SECRET_PATIENCE_MS = 1_000;
export const SECRET_RETRY_MS = 5_000;
/** Valid API secrets at the same time. */
export const MAX_API_SECRETS = 200;
/** Reports kept per endpoint; the oldest are dropped first. */
export const MAX_REPORTS_PER_ENDPOINT = 100;
/** Metrics sessions kept per endpoint. Each process has one; an ephemeral endpoint never has a second. */
export const MAX_METRICS_SESSIONS = 4;
/** Items of one metrics schema. An iroh endpoint has about 300. */
export const MAX_METRICS_ITEMS = 5_000;
/** Buckets of all histograms of one push. A histogram has about a dozen. */
export const MAX_METRICS_BUCKETS = 20_000;
/** Of one metric; what is beyond is left out. */
export const MAX_METRIC_PREFIXES = 8;
export const MAX_METRIC_LABELS = 16;
/** Characters of the text that says what a metric means; longer ones are cut. */
export const MAX_METRIC_HELP = 500;
/** How often the address of a live session is looked at; it is stored when it has changed. */
export const ADDRESS_INTERVAL_MS = 30_000;

/**
 * How long a session has gone through a relay before that counts as all it can. iroh tries for a direct path when a connection
 * begins, and five seconds later again.
 */
export const RELAYED_FOR_MS = 10_000;
/** How old a session is that surely has its path through a relay, if it gets one: that takes half a second. */
export const RELAY_PATH_IN_MS = 5_000;
/** How long it is remembered where the platform's relays stand. */
export const RELAY_PLACES_AGE_MS = 5 * 60_000;
/** Sessions whose paths are looked at to find one of a kind, and how many of those found are remembered. */
export const SESSIONS_LOOKED_AT = 64;
export const SESSIONS_REMEMBERED = 16;

/** Limit of connecting for a dial-back. With a live session it is quick; iroh itself gives up after 30 s. */
export const CONNECT_TIMEOUT_MS = 15_000;
/**
 * How long a dial-back tries the path of the session before it tries the relays alone. By then QUIC has sent its first packet four
 * times, and a live session has sent a keep-alive.
 */
export const SESSION_PATH_MS = 8_000;
/** Calls at once to endpoints that had a session with an earlier process. Each is a handshake and one round trip. */
export const RECALLS_AT_ONCE = 32;
/** Limit of connecting for such a call: a live endpoint takes it within a few round trips. */
export const RECALL_TIMEOUT_MS = 5_000;
/** Who was called and has no session yet is called again after this time, to see whether it is still there. */
export const RECALL_AGAIN_MS = 60_000;
/** Wait after the last connection to an id was closed: many times the time that iroh's task needs to forget its path. */
export const FORGET_MS = 50;
/**
 * If that takes even longer, the first packets go to the dead path, and QUIC only repeats them after a second. A new dial
 * after this time is faster.
 */
export const REDIAL_MS = 400;
/** The same wait where the app must not be back first: its session has a direct path some 30 ms later on a fast network. */
export const FORGET_QUICKLY_MS = 10;
/** How long a handshake through a relay is waited for, before the session is closed once more: several of the slowest round trips. */
export const RELAY_TURN_MS = 1_500;
/** Limit of the app's answer to `Auth`: one round trip, without work. */
export const DIAL_BACK_AUTH_TIMEOUT_MS = 10_000;
/** Limit of a run: ours ends after 3 s, the official host takes 21 s without a relay. */
export const RUN_TIMEOUT_MS = 60_000;
