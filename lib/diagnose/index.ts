import type { LocalReport } from '../report/index.js';
import type { DiagnoseOptions } from './options.js';

export {
  DEFAULT_DEADLINE_MS,
  type DiagnoseEnvironment,
  type DiagnoseOptions,
  measuringEndsMs,
  PEER_DEADLINE_MS,
  type ProbeEvent,
  type SoFar,
  usualDeadlineMs,
} from './options.js';
export { probeNames } from './probe-kind.js';

/**
 * Runs all probes at the same time and reports what they measured and what follows from it. Ends at the deadline with
 * the results so far; at once if the machine has no route at all. When the promise settles, all work has ended, except
 * a name lookup that hangs in the operating system. Keeps nothing between calls.
 *
 * @throws `ERR_SETTING` for invalid options; never for network reasons
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<LocalReport> {
  // Loaded on use: the probes are half of the code and load half of Node's network modules. That costs about 6 MB, and
  // 10 ms of this report.
  const { run } = await import('./run.js');
  return run(options);
}
