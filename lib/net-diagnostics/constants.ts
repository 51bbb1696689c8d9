/** Time limits of this room, each with its reason. Milliseconds. */

/** `stop()` ends after this in any case: orchestrators kill a process some seconds after asking it to end. */
export const STOP_TIMEOUT_MS = 5_000;

/** The part of {@link STOP_TIMEOUT_MS} for everything except the endpoint, so that time is left to close that properly. */
export const SERVICE_STOP_TIMEOUT_MS = 4_000;

/** The part of {@link SERVICE_STOP_TIMEOUT_MS} for the handlers of open connections. */
export const ROUTER_STOP_TIMEOUT_MS = 1_500;

/** How long an app's server waits before it closes: handlers that were told to stop have ended by then, or hang. */
export const QUIESCE_TIMEOUT_MS = 500;

/** Retries of failures that may end by themselves (a port in use, a volume not mounted yet). */
export const OPEN_RETRY = { reconnectMinMs: 1_000, reconnectMaxMs: 60_000 };

/** A bind that takes longer has hung; it usually takes 20 ms. */
export const BIND_TIMEOUT_MS = 30_000;

/** The report on start is spread over this time, so that a fleet that restarts does not measure at the same moment. */
export const START_REPORT_SPREAD_MS = 10_000;

/** Log lines about dial-backs without a valid token: at once, then per minute. Unknown callers must not fill the log. */
export const STRANGER_LINES = { burst: 1, perMinute: 1 };

/** Log lines about dial-backs with a valid token: enough to log each press of the button, but not a flood. */
export const PLATFORM_LINES = { burst: 10, perMinute: 10 };

/** Log lines about another process with the same identity: it is noticed each minute, and every tenth time is enough. */
export const TWIN_LINES = { burst: 2, perMinute: 0.1 };
