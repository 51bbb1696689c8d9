/** What `onEvent` is told. */
import type { GrantState } from './client/index.js';
import type { AuditEvent } from './host/index.js';
import type { Status } from './status.js';

/** `state` or `reason` changed. */
export interface StateEvent {
  type: 'state';
  status: Status;
}

/** The grant changed. */
export interface GrantEvent {
  type: 'grant';
  grant: GrantState;
}

/** Everything `onEvent` is told. */
export type NetDiagnosticsEvent = StateEvent | GrantEvent | AuditEvent;
