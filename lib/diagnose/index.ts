import type { LocalReport } from '../report/index.js';
import type { DiagnoseOptions } from './options.js';

export {
  DEFAULT_DEADLINE_MS,
  type DiagnoseEnvironment,
  type DiagnoseOptions,
  type ProbeEvent,
  type SoFar,
} from './options.js';
export { probeNames } from './probe-kind.js';

/**
 * Runs all probes at the same time and reports what they saw and what follows from it. Ends at the deadline with
 * what is there; at once when the machine has no route to anywhere. Nothing of it outlives the returned promise but
 * a name lookup that the system is stuck in. Keeps nothing between calls.
 *
 * @throws `ERR_SETTING` for invalid options; never for network reasons
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<LocalReport> {
  // The probes are half of the code, and bring half of Node's network modules: some 6 MB, and 10 ms of this report.
  const { run } = await import('./run.js');
  return run(options);
}
