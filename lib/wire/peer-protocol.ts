/**
 * The protocol in which a report tries a peer. Who dials opens one stream and writes {@link PEER_HELLO}; the peer answers one
 * line of JSON about itself, at most {@link MAX_PEER_FACTS} bytes, and from then on sends every byte back, until the stream ends.
 */
export const PEER_ALPN = 'iroh-net-diagnostics/peer/1';

/** What who dials writes first: a stream is seen by the peer once bytes come. */
export const PEER_HELLO = '{"version":1}\n';

/** Bytes of the longest line that a peer may say about itself. */
export const MAX_PEER_FACTS = 1024;
