/** Limits of this room, each with its reason. Times are in milliseconds, sizes in bytes. */

/** With a dead address the binding also gives up after 30 s; it cannot be cancelled earlier. */
export const CONNECT_TIMEOUT_MS = 30_000;
/** The peer may have all its streams in use. QUIC's idle time-out is 30 s as well. */
export const OPEN_STREAM_TIMEOUT_MS = 30_000;
/** How long a handshake over a slow relay may take. */
export const HANDSHAKE_TIMEOUT_MS = 10_000;
/** An honest handshake is done by then, unless it goes over a slow relay. A longer one gives way when places are scarce. */
export const HANDSHAKE_STALLS_MS = 3_000;
/** A whole exchange: opening the stream, the request, the answer. */
export const CALL_TIMEOUT_MS = 30_000;
/** Without this limit a silent stranger would stay connected for ever. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** How long to wait until the peer has acknowledged an answer. */
export const RESPOND_TIMEOUT_MS = 10_000;
/** How long {@link Router.close} waits for handlers that were told to stop. */
export const ROUTER_CLOSE_TIMEOUT_MS = 5_000;
/** Connections of all ALPNs together that a {@link Router} serves at once. */
export const ROUTER_MAX_CONNECTIONS = 256;
/** How long a stopping listener waits for its own dial, which on loopback takes a few milliseconds. */
export const SELF_DIAL_TIMEOUT_MS = 2_000;

/** How often the address is checked, because the binding's own `online()` never settles without a relay. */
export const ONLINE_POLL_MS = 100;
/** How often the close reason is checked, because the binding's own `closed()` keeps the process alive. */
export const CLOSED_POLL_MS = 50;

/** The binding turns each byte into a JavaScript number; with 16 KiB the event loop pauses for about a millisecond. */
export const CHUNK_SIZE = 16 * 1024;
/** Read at least so much at once: most messages are smaller, and who wants one byte should not pay for all that has come. */
export const SMALL_CHUNK_SIZE = 1024;

/** Connection: more connections of this ALPN than allowed, or its handler is gone. Our own code. */
export const CLOSE_UNAVAILABLE = 503;
/** Connection: its handler failed. Our own code. */
export const CLOSE_HANDLER_FAILED = 500;
/** Reason with `CLOSE_BAD_REQUEST`. Our own text. */
export const REASON_UNEXPECTED_STREAM = 'Unexpected stream';
