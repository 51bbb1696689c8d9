/** QUIC version 1 (RFC 9000 §15). */
export const QUIC_V1 = 1;

/** The application protocol of address discovery on iroh's relays (iroh-relay's `ALPN_QUIC_ADDR_DISC`). */
export const QAD_ALPN = '/iroh-qad/0';

/** How iroh's own client closes (iroh-relay's `QUIC_ADDR_DISC_CLOSE_CODE` and `_REASON`). */
export const FINISHED_CODE = 1;
export const FINISHED_REASON = 'finished';

/** Length of the connection ids that we choose. A first destination id needs at least 8 bytes (RFC 9000 §7.2). */
export const CONNECTION_ID_BYTES = 8;

/** Longest connection id of version 1 (RFC 9000 §17.2). */
export const MAX_CONNECTION_ID_BYTES = 20;

/** Datagrams with an Initial packet are padded to this size (RFC 9000 §14.1); we never send longer ones. */
export const DATAGRAM_BYTES = 1200;

/** AEAD_AES_128_GCM's tag (RFC 5116), and QUIC's sample for header protection (RFC 9001 §5.4.2). */
export const TAG_BYTES = 16;
export const SAMPLE_BYTES = 16;

/** We always write packet numbers with four bytes, so the sample starts right after them. */
export const PACKET_NUMBER_BYTES = 4;

/** The smallest datagram that can be a stateless reset (RFC 9000 §10.3), and the length of its token. */
export const MIN_STATELESS_RESET_BYTES = 21;
export const RESET_TOKEN_BYTES = 16;

/** Transport parameter of address discovery, and our role: "I want reports" (noq's `Role::receive_only`). */
export const ADDRESS_DISCOVERY_PARAMETER = 0x9f81a176n;
export const WANTS_REPORTS = 1;

/** After this time a relay forgets a connection whose close was lost. */
export const IDLE_TIMEOUT_MS = 10_000;

/**
 * The round trip that is assumed before one was measured. RFC 9002 §6.2.2 recommends 333 ms, but then the first
 * repetition would come after a second, and a whole report has three.
 */
export const INITIAL_RTT_MS = 100;

/** RFC 9002 §6.1.2: shorter timers make no sense. */
export const TIMER_GRANULARITY_MS = 1;

/** After this time another attempt starts beside the first: servers often repeat lost packets only after 1 s. */
export const ATTEMPT_INTERVAL_MS = 600;

/** The same while a relay is silent and another one has answered quickly: little time is left for the silent one. */
export const HURRIED_INTERVAL_MS = 300;

/**
 * A handshake is slow if it has not ended after so many milliseconds and round trips since the relay was first heard.
 * Another attempt starts then, so that it has time before the first counts as stuck.
 */
export const SLOW_MS = 300;
export const SLOW_ROUND_TRIPS = 4;

/** When a handshake is stuck, measured in the same way. Our packets were repeated three times by then. */
export const STUCK_MS = 900;
export const STUCK_ROUND_TRIPS = 8;

/** How often it is checked whether a handshake is slow or stuck, in milliseconds. */
export const HANDSHAKE_CHECK_MS = 20;

/** Attempts at one relay, however long the deadline is. */
export const MAX_ATTEMPTS = 8;

// The exchange of full-size datagrams after the handshake.

/** How many datagrams must be acknowledged, and how many are enough when the time is up. */
export const EXCHANGE_DATAGRAMS = 8;
export const MIN_EXCHANGE_DATAGRAMS = 5;

/** The time between two of them, in milliseconds: the eighth leaves 210 ms after the first. */
export const EXCHANGE_INTERVAL_MS = 30;

/** The least time from the first datagram to the last that was acknowledged. */
export const MIN_EXCHANGE_SPAN_MS = 200;

/** Datagrams that may be on their way at once: at the start, and on a path that has room. */
export const FIRST_EXCHANGE_WINDOW = 4;
export const MAX_EXCHANGE_WINDOW = 8;

/** Datagrams of one exchange, lost ones included. */
export const MAX_EXCHANGE_DATAGRAMS = 60;

/** After so many milliseconds without an acknowledgement the path does not carry full-size datagrams any more. */
export const STALL_MS = 600;

/**
 * The same if none was ever acknowledged, and nothing else shows that the path lives: it could also be a moment in
 * which it carries nothing at all.
 */
export const DEAD_PATH_STALL_MS = 900;

/**
 * The path lives if another probe is answered so many milliseconds, and a round trip, after a silence began. Two or
 * three of our datagrams are missing by then.
 */
export const LIVES_AFTER_MS = 60;

/**
 * After so many milliseconds and round trips without an acknowledgement something may be wrong: the next relay is
 * tried beside this one. Relays acknowledge within 25 ms and a round trip.
 */
export const QUIET_MS = 80;
export const QUIET_ROUND_TRIPS = 1.5;

/** The same if after so many milliseconds some were lost. A slow line that loses none needs its time for one relay. */
export const LOSSY_AFTER_MS = 400;

// Limits, for each connection, of what a stranger can make us store or do.

/** Bytes of handshake messages per encryption level; certificate chains have 2 to 10 KiB. */
export const MAX_CRYPTO_BYTES = 64 * 1024;

/** Pieces of handshake messages that wait for earlier ones. */
export const MAX_CRYPTO_PIECES = 64;

/** Packets that wait for their keys, of at most a datagram each. */
export const MAX_WAITING_PACKETS = 16;

/** Datagrams that are read. A handshake has about five. */
export const MAX_DATAGRAMS = 500;

/** Ranges of packet numbers that are remembered and acknowledged. */
export const MAX_RANGES = 16;

/** For how many milliseconds, and how often, we repeat our close if the server asks for it. */
export const LINGER_MS = 1000;
export const MAX_CLOSE_REPEATS = 3;

/** Bytes of a Retry token: it must fit our datagrams together with the ClientHello. */
export const MAX_TOKEN_BYTES = 512;

/** Certificates in a chain, and signatures of theirs that are checked to find a path. */
export const MAX_CERTIFICATES = 10;
export const MAX_SIGNATURE_CHECKS = 16;

/** Certificates between the server's and the root. */
export const MAX_INTERMEDIATES = 6;
