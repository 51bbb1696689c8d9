import type { ProbeEvent } from '../diagnose/index.js';
import type { LocalReport } from '../report/index.js';
import type { Status } from '../status.js';

/** What the routes show: a `NetDiagnostics`. */
export interface HttpTarget {
  /** JSON without any secret. */
  status(): Status;
  /** Measures now. */
  run(options: { signal: AbortSignal; onProbe: (event: ProbeEvent) => void }): Promise<LocalReport>;
  /** The report of the latest finished run, whoever started it. */
  lastReport(): LocalReport | null;
}
