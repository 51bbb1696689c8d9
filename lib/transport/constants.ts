/** Limits of this room, each with its reason. Times are in milliseconds, sizes in bytes. */

/** A dead address makes the binding give up after 30 s too; it cannot be cancelled earlier. */
export const CONNECT_TIMEOUT_MS = 30_000;
/** The peer may have all its streams in use; QUIC's idle time-out is 30 s as well. */
export const OPEN_STREAM_TIMEOUT_MS = 30_000;
/** What a handshake over a slow relay may take. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** An honest handshake is through by then, but over a slow relay: one that is not gives way where places are scarce. */
export const HANDSHAKE_STALLS_MS = 3_000;
/** A whole exchange: opening the stream, the request, the answer. */
export const CALL_TIMEOUT_MS = 30_000;
/** A silent stranger stays connected for ever otherwise. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How long an answer may stay unacknowledged. */
export const RESPOND_TIMEOUT_MS = 10_000;
/** How long {@link Router.close} waits for handlers that were told to stop. */
export const ROUTER_CLOSE_TIMEOUT_MS = 5_000;
/** Connections of all ALPNs together that a {@link Router} serves at once. */
export const ROUTER_MAX_CONNECTIONS = 256;
/** How long a stopping listener waits for its own knock; on loopback it comes within a few milliseconds. */
export const KNOCK_TIMEOUT_MS = 2_000;

/** The binding's own `online()` never settles without a relay, so the address is looked at this often. */
export const ONLINE_POLL_MS = 100;
/** The binding's own `closed()` keeps the process alive, so the close reason is looked at this often. */
export const CLOSED_POLL_MS = 50;

/** The binding turns each byte into a JavaScript number: 64 KiB keep the event loop's pauses at about 4 ms. */
export const CHUNK_SIZE = 64 * 1024;

/** Connection: more connections of this ALPN than the limit allows, or nobody serves it any more. Our number. */
export const CLOSE_UNAVAILABLE = 503;
/** Connection: its handler failed. Our number. */
export const CLOSE_HANDLER_FAILED = 500;
/** Reason with `CLOSE_BAD_REQUEST`. Our text. */
export const REASON_UNEXPECTED_STREAM = 'Unexpected stream';
