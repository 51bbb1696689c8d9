/**
 * What the other rooms see of OpenTelemetry. This file names no type of `@opentelemetry/api`, so that an app without
 * that package compiles against these declarations, too.
 */
import type { Clock } from '../async/index.js';
import type { ProbeEvent } from '../diagnose/index.js';
import type { ReportTrigger } from '../events.js';
import type { AuditEvent } from '../host/index.js';
import type { LocalReport } from '../report/index.js';
import type { Status } from '../status.js';
import type { EndpointId } from '../wire/index.js';

/** Gets the progress of a run. */
export type ProbeListener = (event: ProbeEvent) => void;

/**
 * Shows runs and dial-backs as spans and metrics, if the app has OpenTelemetry. Neither its absence nor an error of the
 * app's SDK changes what the given work returns or throws.
 */
export interface Telemetry {
  /** One dial-back, from its connection to its end. */
  dialBack(remoteId: EndpointId, serve: () => Promise<AuditEvent>): Promise<AuditEvent>;
  /**
   * One run.
   * @param onProbe - another listener that gets the progress
   * @param measure - makes the report, and calls the given listener with its progress
   */
  run(
    trigger: ReportTrigger,
    onProbe: ProbeListener | undefined,
    measure: (onProbe: ProbeListener) => Promise<LocalReport>,
  ): Promise<LocalReport>;
  /** Shows the status as metrics from now on. Call it on each change: the app may have set up its SDK in between. */
  watch(): void;
  /** Releases everything. From then on only the ends of running spans are shown. Idempotent. */
  stop(): void;
}

/** Options of a {@link Telemetry}. */
export interface TelemetryOptions {
  status(): Status;
  clock: Clock;
}
