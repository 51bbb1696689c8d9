import {
  buildPeer,
  measurementsOf,
  type NetDiagnosticsLine,
  type NetReportOptions,
  netDiagnosticsArguments,
} from '../../test/interop/support/index.js';
import type { Lab } from '../../test/lab/harness/lab.js';

/** Its own limits lie below: 21 s where nothing answers. */
const TIMEOUT_MS = 30_000;

/** What the official client's `net_diagnostics` takes on the host `cli`, in milliseconds from its bound endpoint on. */
export async function officialMs(lab: Lab, options: Omit<NetReportOptions, 'timeoutMs'>): Promise<number> {
  const argv = netDiagnosticsArguments({ ...options, timeoutMs: TIMEOUT_MS });
  const output = await lab.run('cli', [await buildPeer(), ...argv]);
  return measurementsOf<NetDiagnosticsLine>(output)[0]?.ms ?? Number.NaN;
}
