/** Time limits of this room, each with its reason. Milliseconds. */

/** `stop()` is done after this, come what may: orchestrators kill a process some seconds after asking it to end. */
export const STOP_TIMEOUT_MS = 5_000;

/** Part of it for everything above the endpoint, so that the endpoint can still be closed in an orderly way. */
export const SERVICE_STOP_TIMEOUT_MS = 4_000;

/** Part of that for the handlers of open connections. */
export const ROUTER_STOP_TIMEOUT_MS = 1_500;

/** What a host's server waits for: handlers that are told to stop are through by then, or hang. */
export const QUIESCE_TIMEOUT_MS = 500;

/** Retries of what may come right by itself (a port in use, a volume not mounted yet). */
export const OPEN_RETRY = { reconnectMinMs: 1_000, reconnectMaxMs: 60_000 };

/** A bind that takes longer has hung; it usually takes 20 ms. */
export const BIND_TIMEOUT_MS = 30_000;

/** The report on start is spread over this time, so that a fleet that restarts does not measure at the same moment. */
export const START_REPORT_SPREAD_MS = 10_000;

/** Dial-backs without a good token, by which strangers could fill the log: lines at once, and then in a minute. */
export const STRANGER_LINES = { burst: 1, perMinute: 1 };

/** Dial-backs with one: whoever presses the button sees each of them in the log, a platform that floods us does not. */
export const PLATFORM_LINES = { burst: 10, perMinute: 10 };

/** Signs of another process with the same identity: they come each minute, and one in ten is enough to be reminded. */
export const TWIN_LINES = { burst: 2, perMinute: 0.1 };
