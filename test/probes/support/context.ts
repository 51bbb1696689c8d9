import {
  type LookupHost,
  type PlannedRun,
  type Probe,
  type ProbeContext,
  type ProbeTargets,
  planRuns,
  ReportEnded,
  Resolver,
  runProbe,
  type TlsTrust,
  tlsTrust,
} from '../../../lib/probes/index.js';
import type { ProbeRecord } from '../../../lib/report/index.js';

/** Every name is this machine. */
export const loopbackLookup: LookupHost = async () => [{ ip: '127.0.0.1', family: 4 }];

interface Options {
  lookup?: LookupHost;
  tls?: TlsTrust;
  portalPort?: number;
  deadlineMs?: number;
  env?: NodeJS.ProcessEnv;
  endpoint?: ProbeTargets['endpoint'];
}

/** Runs one probe as a report would, and returns its records. */
export async function runAlone(
  probe: Probe,
  relayUrls: readonly string[],
  options: Options = {},
): Promise<ProbeRecord[]> {
  const { lookup = loopbackLookup, deadlineMs = 5000, env = {}, endpoint = null } = options;
  const relays = relayUrls.map((url) => ({ url: new URL(url).href, quicPort: 7842 }));
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(new ReportEnded('deadline')), deadlineMs);
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const context: ProbeContext = {
    signal: end.signal,
    elapsed,
    remaining: () => Math.max(0, deadlineMs - elapsed()),
    resolver: new Resolver(lookup, end.signal),
    tls: options.tls ?? tlsTrust([], [], async () => []),
    gateways: async () => ({}),
    portalPort: options.portalPort ?? 80,
  };
  try {
    const runs = planRuns(probe, { relays, endpoint, env });
    return await Promise.all(runs.map((run) => runProbe(run, context)));
  } finally {
    clearTimeout(timer);
  }
}

/** The only record of a probe for one relay. */
export async function runForRelay(probe: Probe, url: string, options: Options = {}): Promise<ProbeRecord> {
  const [record] = await runAlone(probe, [url], options);
  if (record === undefined) throw new Error('the probe planned nothing');
  return record;
}

/** A probe of one run, for tests of what surrounds probes. */
export function probeOf(run: PlannedRun['run']): Probe {
  return { name: 'made-up', plan: () => [{ run }] };
}
