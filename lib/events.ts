/** What `onEvent` is told. */
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

/** What a report was made for: a platform that pressed the button (or a preview of that), the upload on start, or the app itself. */
export type ReportTrigger = 'dial-back' | 'start' | 'run';

/** A report was finished. */
export interface ReportEvent {
  type: 'report';
  trigger: ReportTrigger;
  /** Whole, with all addresses: `redactReport` makes a copy to show around. */
  report: LocalReport;
}

/** Everything `onEvent` is told. */
export type NetDiagnosticsEvent = StateEvent | GrantEvent | ReportEvent | AuditEvent;
