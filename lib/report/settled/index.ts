import type { Observation } from '../observation.js';
import type { Colour, ProbeRecord } from '../types.js';
import { CASES, type Known, type PendingRun } from './cases.js';

export type { Known, PendingRun } from './cases.js';

/**
 * More colours are not looked at: where so much is still out, nothing is said to be settled. One takes about half
 * a millisecond, and the app's event loop waits for all.
 */
const MAX_LOOKS = 100;

/**
 * Whether the colour can still change: it is asked for every way in which the runs that are still out may end. The
 * verdict itself is asked, so that this holds whatever its rules are. Pure.
 *
 * @param plan - all runs of the report, in its order
 * @param known - the runs that have ended
 * @param colourOf - the colour that such records lead to
 */
export function isSettled(
  plan: readonly PendingRun[],
  known: Known,
  colourOf: (records: readonly ProbeRecord[]) => Colour,
): boolean {
  const ended = new Map(known.records.map((record) => [record.ref, record]));
  const endings = groupsOf(plan.filter(({ ref }) => !ended.has(ref))).map((group) => endingsOf(group, known));
  const ways = endings.flatMap((of) => (of?.length === 1 ? [] : [of ?? []]));
  // Nobody knows what a run may see: there are no ways then.
  const looks = ways.reduce((count, of) => count * of.length, 1);
  if (looks === 0 || looks > MAX_LOOKS) return false;
  const now = colourOf(known.records);
  for (const more of combinations(ways)) {
    const records = new Map([...ended, ...more.map((record) => [record.ref, record] as const)]);
    if (colourOf(plan.flatMap(({ ref }) => records.get(ref) ?? [])) !== now) return false;
  }
  return true;
}

/** How the runs of one kind may end together. */
type Ending = readonly ProbeRecord[];

const PORT_MAPPING: ReadonlySet<string> = new Set(['pcp', 'nat-pmp', 'upnp']);

/** Runs of one kind see the same, or one of them alone does: that bounds the combinations. */
function groupsOf(pending: readonly PendingRun[]): PendingRun[][] {
  const groups = new Map<string, PendingRun[]>();
  for (const run of pending) {
    const kind = PORT_MAPPING.has(run.probe) ? 'port-mapping' : `${run.probe} ${run.family ?? ''}`;
    const key = run.probe === 'stun' ? `${kind} ${run.target ?? ''}` : kind;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** All ways in which the runs of a group may end, the first: none sees anything. Null: nobody knows. */
function endingsOf(group: readonly PendingRun[], known: Known): Ending[] | null {
  const cases: { run: PendingRun; observations: readonly Observation[] }[] = [];
  for (const run of group) {
    if (!Object.hasOwn(CASES, run.probe)) return null;
    cases.push({ run, observations: CASES[run.probe]?.(run, known) ?? [] });
  }
  const widest = Math.max(...cases.map(({ observations }) => observations.length));
  const together = Array.from({ length: widest }, (_, at) =>
    cases.flatMap(({ run, observations }) => recordOf(run, observations[at])),
  );
  const [first] = cases;
  const alone =
    first === undefined || cases.length === 1
      ? []
      : first.observations.map((observation) => recordOf(first.run, observation));
  return [[], ...together, ...alone];
}

function recordOf(run: PendingRun, observation: Observation | undefined): ProbeRecord[] {
  if (observation === undefined) return [];
  return [{ ...run, outcome: 'ok', startedMs: 0, durationMs: 0, observation }];
}

function* combinations(ways: readonly (readonly Ending[])[]): Generator<Ending> {
  const [first, ...rest] = ways;
  if (first === undefined) {
    yield [];
    return;
  }
  for (const ending of first) {
    for (const others of combinations(rest)) yield [...ending, ...others];
  }
}
