/** Times and sizes of a trial with a peer. Times are in milliseconds, sizes in bytes. */

/** How long dialling may take. Through a relay it is three round trips; a report must not wait for a peer that is away. */
export const CONNECT_MS = 4_000;

/** How long a direct path is waited for after that: iroh tries a second time to open a direct path after five seconds. */
export const WATCH_MS = 6_000;

/** The trial ends this long before the report, so that the report holds what it saw. */
export const MARGIN_MS = 150;

/** How often the paths are looked at, and the shortest time between two messages: each then leaves in a datagram of its own. */
export const TICK_MS = 16;

/** Of one message. */
export const MESSAGE_SIZE = 200;

/** Messages under way at most. With fewer, a path of half a second could not bring back enough of them in time. */
export const WINDOW = 32;

/** A direct path has proved itself when so many messages came back over it… */
export const ENOUGH_MESSAGES = 60;

/** …but not before this time: firewalls that cut a flow do it after some packets or some hundred milliseconds. */
export const SHORTEST_ECHO_MS = 1_000;

/** After this time what came back is judged as it is. */
export const LONGEST_ECHO_MS = 2_000;

/** When a stranger's question is sent, after the echo began: the repetitions are for lost datagrams. */
export const QUESTIONS_MS: readonly number[] = [0, 150, 400];
