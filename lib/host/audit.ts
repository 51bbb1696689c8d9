/** What the client host tells about each dial-back. */
import type { EndpointId } from '../wire/index.js';
import type { RefusalReason } from './authorise.js';

/** How a dial-back ended. */
export type DialBackOutcome =
  /** It got its report. */
  | 'answered'
  /** Its token was refused; the caller heard 401. See {@link AuditEvent.why}. */
  | 'unauthorised'
  /** Its token does not cover a report. */
  | 'missing-capability'
  /** `onRequest` said no. */
  | 'vetoed'
  /** The report, or `onRequest`, failed; see {@link AuditEvent.error}. */
  | 'failed'
  /** It spoke out of turn, too much, or nonsense; the connection was closed with 400 or 1. */
  | 'bad-request'
  /** It said nothing in time; the connection was closed with 400. */
  | 'timed-out'
  /** The caller went away, or this host stopped, before there was an answer. */
  | 'aborted'
  /** All places were taken, and it had shown no token yet: it came then, or gave way to one that did. */
  | 'busy';

/** One dial-back, told when it is over. */
export interface AuditEvent {
  type: 'dial-back';
  /** Who called; proven by TLS. */
  remoteId: EndpointId;
  outcome: DialBackOutcome;
  /** Why the token was refused; `null` for other outcomes. */
  why: RefusalReason | null;
  /** When the accepted token expires, in unix seconds; `null` when none was accepted. */
  tokenExpiresAt: number | null;
  /** When the connection came, in milliseconds since the epoch. */
  at: number;
  /** From the connection to its end. */
  durationMs: number;
  /** What the report or `onRequest` threw. It is never told to the caller. */
  error?: unknown;
}

/** What `onRequest` decides on. */
export interface DialBack {
  /** Who asks; proven by TLS. */
  remoteId: EndpointId;
  /** When its token expires, in unix seconds. */
  tokenExpiresAt: number;
}
