/**
 * What the rest sees of OpenTelemetry. No type of `@opentelemetry/api` stands here: an app without that package compiles
 * against these declarations too.
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
 * Shows what goes on as spans and metrics, where the app has OpenTelemetry. Neither its absence nor a fault of the app's
 * SDK changes what the work given to it returns or throws.
 */
export interface Telemetry {
  /** One dial-back, from its connection to its end. */
  dialBack(remoteId: EndpointId, serve: () => Promise<AuditEvent>): Promise<AuditEvent>;
  /**
   * One run.
   * @param onProbe - who else wants its progress
   * @param measure - makes the report, and tells its progress to the listener it is given
   */
  run(
    trigger: ReportTrigger,
    onProbe: ProbeListener | undefined,
    measure: (onProbe: ProbeListener) => Promise<LocalReport>,
  ): Promise<LocalReport>;
  /** Shows the status as metrics from now on. Call it at each change: the app may have set up its SDK in between. */
  watch(): void;
  /** Lets go of everything; nothing is shown from then on but the end of what goes on. Idempotent. */
  stop(): void;
}

/** What a {@link Telemetry} is made of. */
export interface TelemetryOptions {
  status(): Status;
  clock: Clock;
}
