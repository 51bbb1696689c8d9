import { WireError } from './wire-error.js';

/**
 * The protocol in which a report tries a peer. Who dials opens one stream and writes a line, its hello; the peer answers one
 * line of JSON about itself, at most 1024 bytes, and from then on sends every byte back, until the stream ends.
 */
export const PEER_ALPN = 'iroh-net-diagnostics/peer/1';

/** What who dials writes first: a stream is seen by the peer once bytes come. */
export const PEER_HELLO = '{"version":1}\n';

/** Bytes of the longest line that a peer may say about itself, its end included. */
export const MAX_PEER_FACTS = 1024;

const VERSION = 1;
const LINE_END = 0x0a;

/** What a peer says about itself. */
export interface PeerFacts {
  /** Whether its own report is green, and by its IPv4: then whoever has IPv4 should reach it. `null`: it does not know. */
  isWell: boolean | null;
}

/** The peer's first line, with its end. */
export function encodePeerFacts({ isWell }: PeerFacts): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version: VERSION, isWell })}\n`);
}

/**
 * Reads the peer's first line. Fields that this version does not know are skipped.
 * @param bytes - what has come from the peer until now
 * @returns `null` while the line is not whole. `size`: its bytes, its end included; what follows is the echo's.
 * @throws {@link WireError} for a line that is too long or says something else
 */
export function decodePeerFacts(bytes: Uint8Array): { facts: PeerFacts; size: number } | null {
  const end = bytes.subarray(0, MAX_PEER_FACTS).indexOf(LINE_END);
  if (end >= 0) return { facts: factsIn(bytes.subarray(0, end)), size: end + 1 };
  if (bytes.length < MAX_PEER_FACTS) return null;
  throw new WireError('peerFacts', MAX_PEER_FACTS, `no line ends within ${MAX_PEER_FACTS} bytes`);
}

function factsIn(line: Uint8Array): PeerFacts {
  const said = jsonIn(line);
  if (typeof said !== 'object' || said === null) throw new WireError('peerFacts', 0, 'no JSON object');
  const { version, isWell = null } = said as Record<string, unknown>;
  if (version !== VERSION) throw new WireError('peerFacts.version', 0, `not ${VERSION}`);
  if (isWell !== null && typeof isWell !== 'boolean') {
    throw new WireError('peerFacts.isWell', 0, 'neither true nor false nor null');
  }
  return { isWell };
}

function jsonIn(line: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
  } catch {
    throw new WireError('peerFacts', 0, 'no JSON in UTF-8');
  }
}
