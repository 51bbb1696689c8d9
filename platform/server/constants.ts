/** The dashboard's limits. One operator with some tabs is the rule; everything else is a mistake or worse. */

/** Longest request body in bytes: a label or a login token. */
export const MAX_BODY = 16 * 1024;
/** Longest request head in bytes. */
export const MAX_HEAD = 8 * 1024;
/** TCP connections at once, per address family. */
export const MAX_CONNECTIONS = 128;
/** Live streams at once; the oldest makes room. */
export const MAX_LIVE = 32;
/** A comment on idle streams, so that dead ones show up and proxies do not cut them. */
export const HEARTBEAT_MS = 15_000;
/** Unsent bytes at which a stream is given up: its browser sleeps, and loads everything again when it wakes. */
export const MAX_LIVE_BACKLOG = 256 * 1024;
/** How long a request's head, and all of it, may take to arrive. */
export const HEAD_TIMEOUT_MS = 5_000;
export const REQUEST_TIMEOUT_MS = 10_000;
/**
 * A connection on which nothing moves so long is cut, also in the middle of an answer that nobody reads. Live streams
 * move with each {@link HEARTBEAT_MS}.
 */
export const IDLE_TIMEOUT_MS = 45_000;
/** Reports in an endpoint's history. */
export const MAX_HISTORY = 100;
/** Lines of a metrics table: an iroh endpoint has about 300. */
export const MAX_METRIC_ROWS = 2_000;
