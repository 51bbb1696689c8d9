/** What to say about the probes of a report. Pure. */
import type { LocalReport } from '../../lib/index.js';
import { durationText } from './format.js';

const NAMES = new Map([
  ['route', 'Route'],
  ['endpoint', 'Endpoint'],
  ['qad', 'Address discovery'],
  ['https', 'HTTPS'],
  ['relay', 'Relay access'],
  ['https-via-proxy', 'HTTPS through the proxy'],
  ['captive-portal', 'Captive portal'],
  ['pcp', 'PCP'],
  ['nat-pmp', 'NAT-PMP'],
  ['upnp', 'UPnP'],
  ['stun', 'STUN'],
  ['peer', 'Peer'],
]);

type ProbeRecord = LocalReport['probes'][number];

/** The words for an outcome: alone, and in a count. */
interface OutcomeWords {
  word: string;
  counted: string;
  /** No answer is a result, too, so only a failure is orange. */
  level: 'green' | 'orange' | '';
}

const OUTCOMES: Readonly<Record<ProbeRecord['outcome'], OutcomeWords>> = {
  ok: { word: 'OK', counted: 'ok', level: 'green' },
  failed: { word: 'Failed', counted: 'failed', level: 'orange' },
  timeout: { word: 'No answer', counted: 'without an answer', level: '' },
  skipped: { word: 'Skipped', counted: 'skipped', level: '' },
  unsupported: { word: 'Not possible here', counted: 'not possible here', level: '' },
  aborted: { word: 'Cancelled', counted: 'cancelled', level: '' },
};

/** The narrowest bar that can still be seen, in percent. */
const MIN_WIDTH = 1.5;

/** One run of a probe, ready to be shown. */
export interface ProbeRow {
  ref: string;
  name: string;
  /** What was asked; may be empty. */
  target: string;
  outcome: string;
  level: OutcomeWords['level'];
  /** Where its bar begins, and how long it is, in percent of the whole run. */
  start: number;
  width: number;
  took: string;
  /** May be empty. */
  error: string;
}

/** A probe's name for a reader. */
export function probeName(probe: string): string {
  return NAMES.get(probe) ?? probe;
}

/** When each probe ran, how long it took and how it ended, in the order of the plan. */
export function viewProbes({ probes, durationMs }: Pick<LocalReport, 'probes' | 'durationMs'>): {
  sentence: string;
  rows: ProbeRow[];
} {
  const end = Math.max(durationMs, ...probes.map((probe) => probe.startedMs + probe.durationMs));
  return { sentence: countText(probes), rows: probes.map((probe) => probeRow(probe, end)) };
}

/** '13 probes: 12 ok, 1 without an answer' */
function countText(probes: readonly ProbeRecord[]): string {
  const counts = Object.entries(OUTCOMES).flatMap(([outcome, { counted }]) => {
    const count = probes.filter((probe) => probe.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${counted}`];
  });
  const all = `${probes.length} ${probes.length === 1 ? 'probe' : 'probes'}`;
  return counts.length === 0 ? all : `${all}: ${counts.join(', ')}`;
}

/** @param end - of the whole run */
function probeRow(record: ProbeRecord, end: number): ProbeRow {
  const { ref, probe, family, target = '', outcome, startedMs, durationMs, error } = record;
  const { word, level } = OUTCOMES[outcome];
  const start = end > 0 ? (startedMs / end) * 100 : 0;
  const width = end > 0 ? (durationMs / end) * 100 : 0;
  return {
    ref,
    name: family === undefined ? probeName(probe) : `${probeName(probe)} IPv${family}`,
    target,
    outcome: word,
    level,
    start: Math.min(start, 100 - MIN_WIDTH),
    width: Math.max(width, MIN_WIDTH),
    took: durationText(durationMs),
    error: error === undefined ? '' : `${error.code}: ${error.message}`,
  };
}
