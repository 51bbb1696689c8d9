import type { EndpointId } from '../../wire/index.js';

/** Why a dial-back did not yield a report. */
export type RunFailureKind =
  /** No connection: the app is gone, or nothing gets through. */
  | 'unreachable'
  /** A connection, but the app does not serve dial-backs. */
  | 'not-served'
  /** The app does not accept the grant it gave. */
  | 'token-refused'
  /** The grant does not allow to run diagnostics. */
  | 'missing-capability'
  /** The app's owner said no. */
  | 'vetoed'
  /** The app could not run its diagnostics. */
  | 'app-failed'
  | 'timed-out'
  /** The answer is no report, or one about another endpoint. */
  | 'bad-answer'
  /** The platform stopped, or the caller gave up. */
  | 'cancelled'
  /** A fault of the platform itself, such as its store. */
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
