/** What the client host reports about each dial-back. */
import type { EndpointId } from '../wire/index.js';
import type { RefusalReason } from './authorise.js';

/** How a dial-back ended. */
export type DialBackOutcome =
  /** It got its report. */
  | 'answered'
  /** Its token was refused; the caller got 401. See {@link AuditEvent.why}. */
  | 'unauthorised'
  /** Its token does not cover a report. */
  | 'missing-capability'
  /** `onRequest` said no. */
  | 'vetoed'
  /** The report, or `onRequest`, failed; see {@link AuditEvent.error}. */
  | 'failed'
  /** It sent something unexpected, too large or malformed; the connection was closed with 400 or 1. */
  | 'bad-request'
  /** It sent nothing in time; the connection was closed with 400. */
  | 'timed-out'
  /** The caller went away, or this host stopped, before there was an answer. */
  | 'aborted'
  /** All places were taken and it had shown no token yet. It was turned away, or closed to make room for a newer one. */
  | 'busy';

/** One dial-back, reported when it is over. */
export interface AuditEvent {
  type: 'dial-back';
  /** The caller's endpoint; proven by TLS. */
  remoteId: EndpointId;
  outcome: DialBackOutcome;
  /** Why the token was refused; `null` for other outcomes. */
  why: RefusalReason | null;
  /** When the accepted token expires, in unix seconds; `null` when none was accepted. */
  tokenExpiresAt: number | null;
  /** When the connection was accepted, in milliseconds since the epoch. */
  at: number;
  /** From the start of the connection to its end, in milliseconds. */
  durationMs: number;
  /** What the report or `onRequest` threw. It is never sent to the caller. */
  error?: unknown;
}

/** The dial-back that `onRequest` allows or refuses. */
export interface DialBack {
  /** The caller's endpoint; proven by TLS. */
  remoteId: EndpointId;
  /** When its token expires, in unix seconds. */
  tokenExpiresAt: number;
}
