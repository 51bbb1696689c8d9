import { setMaxListeners } from 'node:events';
import {
  HeadStart,
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
  /** Default: the gateway is unknown, so that nobody's router is asked. */
  gateways?: ProbeContext['gateways'];
  gatewayPorts?: ProbeContext['gatewayPorts'];
  signal?: AbortSignal;
  headStart?: HeadStart;
  lastTlsAnswerMs?: ProbeContext['lastTlsAnswerMs'];
  lookup?: LookupHost;
  tls?: TlsTrust;
  portalPort?: number;
  deadlineMs?: number;
  env?: NodeJS.ProcessEnv;
  endpoint?: ProbeTargets['endpoint'];
  stunServers?: ProbeTargets['stunServers'];
  peers?: ProbeTargets['peers'];
}

/** Runs one probe as a report would, and returns its records. */
export async function runAlone(
  probe: Probe,
  relayUrls: readonly string[],
  options: Options = {},
): Promise<ProbeRecord[]> {
  const { lookup = loopbackLookup, deadlineMs = 5000, env = {}, endpoint = null, stunServers = [] } = options;
  const relays = relayUrls.map((url) => ({ url: new URL(url).href, quicPort: 7842 }));
  const end = new AbortController();
  // As in a report: each run and each of its sockets listens.
  setMaxListeners(0, end.signal);
  const timer = setTimeout(() => end.abort(new ReportEnded('deadline')), deadlineMs);
  options.signal?.addEventListener('abort', () => end.abort(new ReportEnded('aborted')), { once: true });
  const startedAt = performance.now();
  const elapsed = () => performance.now() - startedAt;
  const context: ProbeContext = {
    signal: end.signal,
    elapsed,
    remaining: () => Math.max(0, deadlineMs - elapsed()),
    resolver: new Resolver(lookup, end.signal, () => deadlineMs - elapsed()),
    headStart: options.headStart ?? new HeadStart(),
    firstAnswerMs: new Map(),
    lastTlsAnswerMs: options.lastTlsAnswerMs ?? new Map(),
    tls: options.tls ?? tlsTrust([], [], async () => []),
    gateways: options.gateways ?? (async () => ({})),
    gatewayPorts: options.gatewayPorts ?? { portMapping: 5351, ssdp: 1900 },
    portalPort: options.portalPort ?? 80,
  };
  try {
    const runs = planRuns(probe, {
      relays: relays.map((relay) => ({ ...relay, isQuicPortKnown: true })),
      endpoint,
      stunServers,
      peers: options.peers ?? [],
      env,
    });
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
