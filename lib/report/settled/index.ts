import type { Observation } from '../observation.js';
import type { Colour, ProbeRecord } from '../types.js';
import { CASES, type Known, type PendingRun } from './cases.js';

export type { Known, PendingRun } from './cases.js';

/**
 * At most so many verdicts are computed; if more would be needed, nothing is said to be settled. One takes about half
 * a millisecond, and the app's event loop is blocked meanwhile.
 */
const MAX_LOOKS = 100;

/**
 * Whether the colour is final. Computes the verdict for every way in which the open runs may end, so it holds
 * whatever the rules of the verdict are. Pure.
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
  const pending = plan.filter(({ ref }) => !ended.has(ref));
  // A run that is not in the table may see anything.
  if (pending.some(({ probe }) => !Object.hasOwn(CASES, probe))) return false;
  const ways: Ending[][] = [];
  let looks = 1;
  for (const group of cheapFirst(groupsOf(pending))) {
    const endings = endingsOf(group, known);
    if (endings.length === 1) continue;
    looks *= endings.length;
    // Most of the time there are too many. Then the costly groups are not even looked at.
    if (looks > MAX_LOOKS) return false;
    ways.push(endings);
  }
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

/**
 * All runs of one kind see the same, or one of them alone sees something. That keeps the number of combinations
 * small.
 */
function groupsOf(pending: readonly PendingRun[]): PendingRun[][] {
  const groups = new Map<string, PendingRun[]>();
  for (const run of pending) {
    const kind = PORT_MAPPING.has(run.probe) ? 'port-mapping' : `${run.probe} ${run.family ?? ''}`;
    const key = run.probe === 'stun' ? `${kind} ${run.target ?? ''}` : kind;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

/** Those whose cases take long to make come last. */
function cheapFirst(groups: readonly PendingRun[][]): PendingRun[][] {
  const isCostly = ([run]: readonly PendingRun[]) => run?.probe === 'qad' || run?.probe === 'stun';
  return [...groups.filter((group) => !isCostly(group)), ...groups.filter(isCostly)];
}

/** All ways in which the runs of a group may end. In the first, none sees anything. */
function endingsOf(group: readonly PendingRun[], known: Known): Ending[] {
  const cases = group.map((run) => ({ run, observations: CASES[run.probe]?.(run, known) ?? [] }));
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
