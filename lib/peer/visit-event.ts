/** What a peer host reports about each visit. */
import type { EndpointId } from '../wire/index.js';

/** How a visit ended. */
export type PeerVisitOutcome =
  /** It said hello, got its answers, and left. */
  | 'served'
  /** It said something unexpected or too much; the connection was closed with 400 or 1. */
  | 'bad-request'
  /** It stayed too long. */
  | 'timed-out'
  /** It was the oldest when all places were taken, and made room for a newer one; closed with 503. */
  | 'busy'
  /** It went away before it had said hello, or this host stopped. */
  | 'aborted';

/** One visit of a report, told when it is over. */
export interface PeerVisitEvent {
  /** The visitor's endpoint; proven by TLS. */
  remoteId: EndpointId;
  outcome: PeerVisitOutcome;
  /** By which kind of path its data went last; `null`: none was seen. */
  path: 'direct' | 'relayed' | null;
  /** The visitor's end of that path: `ip:port`, or the URL of the relay. `null`: none was seen. */
  remoteAddr: string | null;
  /** Bytes that were sent back to it. */
  echoedBytes: number;
  /** When it came, in milliseconds since the epoch. */
  at: number;
  /** How long it stayed, in milliseconds. */
  durationMs: number;
}
