/** `probes-view.js`: what to say about the probes of a report. Pure. */
export const PROBES_VIEW_JS = /* js */ `
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
]);
/** Word, word within a count, and colour of each outcome. Silence is an answer, so only a failure is orange. */
const OUTCOMES = {
  ok: ['OK', 'ok', 'green'],
  failed: ['Failed', 'failed', 'orange'],
  timeout: ['No answer', 'without an answer', ''],
  skipped: ['Skipped', 'skipped', ''],
  unsupported: ['Not possible here', 'not possible here', ''],
  aborted: ['Cancelled', 'cancelled', ''],
};
/** The narrowest bar that is still seen, in percent. */
const MIN_WIDTH = 1.5;

/** A probe's name for a reader. */
export function probeName(probe) {
  return NAMES.get(probe) ?? probe;
}

/**
 * When each probe ran, how long it took and what came of it, in the order of the plan.
 * @param {Pick<LocalReport, 'probes' | 'durationMs'>} report
 */
export function viewProbes({ probes, durationMs }) {
  const end = Math.max(durationMs, ...probes.map((probe) => probe.startedMs + probe.durationMs));
  return { sentence: countText(probes), rows: probes.map((probe) => probeRow(probe, end)) };
}

/** '13 probes: 12 ok, 1 without an answer' */
function countText(probes) {
  const counts = Object.keys(OUTCOMES).flatMap((outcome) => {
    const count = probes.filter((probe) => probe.outcome === outcome).length;
    return count === 0 ? [] : [count + ' ' + OUTCOMES[outcome][1]];
  });
  return [probes.length + (probes.length === 1 ? ' probe' : ' probes'), counts.join(', ')].filter(Boolean).join(': ');
}

/**
 * @param {LocalReport['probes'][number]} record
 * @param {number} end - of the whole run
 */
function probeRow({ ref, probe, family, target, outcome, startedMs, durationMs, error }, end) {
  const [word, , level] = OUTCOMES[outcome] ?? [outcome, '', ''];
  const start = end > 0 ? (startedMs / end) * 100 : 0;
  const width = end > 0 ? (durationMs / end) * 100 : 0;
  return {
    ref,
    name: [probeName(probe), family === undefined ? '' : 'IPv' + family].filter(Boolean).join(' '),
    target: target ?? '',
    outcome: word,
    level,
    start: Math.min(start, 100 - MIN_WIDTH),
    width: Math.max(width, MIN_WIDTH),
    took: durationText(durationMs),
    error: error === undefined ? '' : error.code + ': ' + error.message,
  };
}
`;
