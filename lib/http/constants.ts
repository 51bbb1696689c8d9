/** The routes' limits. Some people with some tabs are the rule; everything else is a mistake or worse. */

/** Longest request target in characters: the longest of ours has some thirty. */
export const MAX_URL = 2_048;
/** How long `authorize` may take, in milliseconds; as long as `onRequest` may. */
export const AUTHORIZE_TIMEOUT_MS = 10_000;
/** Runs that may begin at once, and how many more each minute. A run asks every relay and the gateway. */
export const RUN_BURST = 3;
export const RUNS_PER_MINUTE = 6;
/** Requests that wait for one run at the same time. */
export const MAX_WATCHERS = 64;
/** What who comes at the wrong time is told to wait, in seconds: by then the run under way, or a restart, is over. */
export const BUSY_RETRY_S = 5;
/** A comment on idle streams so often: below the 30 s after which some proxies cut. */
export const HEARTBEAT_MS = 15_000;
/** Unsent bytes at which a stream is given up: several times all progress of a large run. */
export const MAX_STREAM_BACKLOG = 1024 * 1024;
/** Faults in the log: strangers may cause them, and must not fill it. */
export const LOG_BURST = 5;
export const LOGS_PER_MINUTE = 6;
