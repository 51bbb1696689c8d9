/** The routes' limits. Normal use is a few people with a few tabs; anything more is a mistake or an attack. */

/** Longest request target in characters; our own longest has about thirty. */
export const MAX_URL = 2_048;
/** How long `authorize` may take, in milliseconds; as long as `onRequest` may. */
export const AUTHORIZE_TIMEOUT_MS = 10_000;
/** Runs that may begin at once, and how many more each minute. A run asks every relay and the gateway. */
export const RUN_BURST = 3;
export const RUNS_PER_MINUTE = 6;
/** Requests that wait for one run at the same time. */
export const MAX_WATCHERS = 64;
/** `Retry-After` when a run or a shutdown is in the way, in seconds: by then the run, or the restart, is over. */
export const BUSY_RETRY_S = 5;
/** Interval of a comment on idle streams, in milliseconds: below the 30 s after which some proxies cut them. */
export const HEARTBEAT_MS = 15_000;
/** A stream is cut when more bytes are unsent: several times the whole progress of a large run. */
export const MAX_STREAM_BACKLOG = 1024 * 1024;
/** Errors logged at once, and how many more each minute: strangers may cause them, and must not fill the log. */
export const LOG_BURST = 5;
export const LOGS_PER_MINUTE = 6;
