/** The events that `onEvent` gets. */
import type { GrantState } from './client/index.js';
import type { AuditEvent } from './host/index.js';
import type { LocalReport } from './report/index.js';
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

/** Why a report was made: a dial-back of the platform (or a preview of one), the upload on start, or the app itself. */
export type ReportTrigger = 'dial-back' | 'start' | 'run';

/** A report was finished. */
export interface ReportEvent {
  type: 'report';
  trigger: ReportTrigger;
  /** The complete report with all addresses. `redactReport` makes a copy that may be shown to others. */
  report: LocalReport;
}

/** Every event that `onEvent` gets. */
export type NetDiagnosticsEvent = StateEvent | GrantEvent | ReportEvent | AuditEvent;
