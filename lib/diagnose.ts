import type { DiagnoseOptions } from './diagnose/options.js';
import type { LocalReport } from './report/index.js';

export type { DiagnoseEnvironment, DiagnoseOptions, ProbeEvent } from './diagnose/options.js';

/** The probes are most of the code, and bring half of Node's network modules: an app that starts need not wait. */
const loadRun = () => import('./diagnose/run.js');

/**
 * Runs all probes at the same time and reports what they saw and what follows from it. Ends at the deadline with
 * what is there; at once when the machine has no route to anywhere. Nothing of it outlives the returned promise but
 * a name lookup that the system is stuck in. Keeps nothing between calls.
 *
 * @throws `ERR_SETTING` for invalid options; never for network reasons
 */
export async function diagnose(options: DiagnoseOptions = {}): Promise<LocalReport> {
  const { run } = await loadRun();
  return run(options);
}

/** Loads the probes in the background, so that the first report does not wait for them. Never throws. */
export function loadProbes(): void {
  // What is wrong with the package is told by the report.
  loadRun().catch(() => {});
}
