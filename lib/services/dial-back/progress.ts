import type { EndpointId } from '../../wire/index.js';

/** Why a dial-back brought no report. */
export type RunFailureKind =
  /** No connection: the app is gone, or the network blocks it. */
  | 'unreachable'
  /** A connection, but the app does not serve dial-backs. */
  | 'not-served'
  /** The app does not accept the grant it gave. */
  | 'token-refused'
  /** The grant does not allow to run diagnostics. */
  | 'missing-capability'
  /** The app's own code refused. */
  | 'vetoed'
  /** The app could not run its diagnostics. */
  | 'app-failed'
  | 'timed-out'
  /** The answer is not a report, or a report about another endpoint. */
  | 'bad-answer'
  /** The platform stopped, or the caller gave up. */
  | 'cancelled'
  /** A failure of the platform itself, such as its store. */
  | 'platform-failed';

/** What a run is doing. */
export type RunPhase = 'connecting' | 'authorising' | 'running' | 'done' | 'failed';

/** A step of a dial-back. */
export interface RunProgress {
  endpointId: EndpointId;
  phase: RunPhase;
  /** Unix milliseconds. */
  startedAt: number;
  /** Milliseconds since then. */
  elapsedMs: number;
  /** With `done`. */
  reportId?: string;
  /** With `failed`: a sentence for an operator. */
  failure?: { kind: RunFailureKind; message: string };
}
