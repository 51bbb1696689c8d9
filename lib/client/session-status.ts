/** The state and the events of a session. */

/** What a session is doing. */
export type SessionState =
  /** Not started. */
  | 'idle'
  /** Dialling, or waiting for the answer to `Auth`. */
  | 'connecting'
  | 'online'
  /** Waiting before the next attempt. */
  | 'waiting'
  /** Waiting, since another process with the same identity has a newer session. */
  | 'replaced'
  /** The platform does not take the API secret's token; tried again slowly. */
  | 'unauthorized'
  /** For good: {@link Session.stop} was called or the endpoint is closed. */
  | 'stopped';

/** A session as it is at one moment. */
export interface SessionStatus {
  state: SessionState;
  /** Since when, in milliseconds since the epoch. */
  since: number;
  /** Why the last connection ended or could not be made; `null` before the first trouble and once online. */
  why: string | null;
  /** When the next attempt is made, in milliseconds since the epoch; `null` when none is planned. */
  retryAt: number | null;
  /** Milliseconds that the last answered ping of this connection took; `null` before it. */
  latencyMs: number | null;
}

/** An event that is worth a line in the log. */
export type SessionEvent =
  | { type: 'online' }
  /** A connection could not be made or was lost. `attempt`: 0 for the first in a row. */
  | { type: 'offline'; why: string; attempt: number; retryInMs: number }
  /** Another process with this identity has a newer session. */
  | { type: 'replaced'; retryInMs: number }
  /** Reported once, until the platform takes the token again. */
  | { type: 'unauthorized'; why: string; retryInMs: number }
  /** A hook threw while its connection was fine. */
  | { type: 'hook-failed'; error: unknown }
  /** The endpoint is closed; nothing more will be tried. */
  | { type: 'endpoint-closed' };
