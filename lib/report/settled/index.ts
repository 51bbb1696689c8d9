import type { Observation } from '../observation.js';
import type { ProbeRecord } from '../types.js';
import { casesOf, type Known, type Part, type PendingRun } from './cases.js';

export type { Known, PendingRun } from './cases.js';

/**
 * So often it is concluded at most; if more would be needed, nothing is said to be settled. The app's event loop is blocked
 * meanwhile: for all of them 0.15 ms in the middle, and 20 ms at most, over random networks on a busy machine.
 */
export const MAX_LOOKS = 40;

/**
 * Whether a conclusion is final: the colour, or what the platform is told. Computes it for every way in which the open runs may
 * end, so it holds whatever the rules of the verdict are. Runs whose parts it does not read end as they like. Pure.
 *
 * @param plan - all runs of the report, in its order
 * @param known - the runs that have ended
 * @param conclude - what such records lead to. Should read no part that it does not need
 */
export function isSettled(
  plan: readonly PendingRun[],
  known: Known,
  conclude: (records: readonly ProbeRecord[]) => string,
): boolean {
  return new Look(plan, known, conclude).isSettled();
}

/** Runs of one kind that have not ended. */
interface Group {
  runs: readonly PendingRun[];
  /** How they may end, made when they are needed. In the first, none sees anything. */
  endings(): readonly Ending[];
}

/** How the runs of one kind may end together. */
type Ending = readonly ProbeRecord[];

/** How some groups end. */
interface Way {
  ends: ReadonlyMap<Group, Ending>;
  /** The others on whose parts the conclusion rests. So far none of them has seen anything. */
  read: readonly Group[];
}

/** The ways that go on from one: one more group sees something. */
function* waysOn({ ends, read }: Way): Generator<Way> {
  const before = new Map(ends);
  for (const group of read) {
    const [nothing = [], ...endings] = group.endings();
    for (const ending of endings) yield { ends: new Map([...before, [group, ending]]), read: [] };
    before.set(group, nothing);
  }
}

function isCostly({ runs: [run] }: Group): boolean {
  return run?.probe === 'qad' || run?.probe === 'stun';
}

class Look {
  readonly #plan: readonly PendingRun[];
  readonly #known: Known;
  readonly #conclude: (records: readonly ProbeRecord[]) => string;
  readonly #groups: readonly Group[];
  readonly #ended: ReadonlyMap<string, ProbeRecord>;
  readonly #open = new Map<string, ProbeRecord>();
  /** Groups with parts that were read. */
  readonly #read = new Set<Group>();

  constructor(
    plan: readonly PendingRun[],
    known: Known,
    conclude: (records: readonly ProbeRecord[]) => string,
  ) {
    this.#plan = plan;
    this.#known = known;
    this.#conclude = conclude;
    this.#ended = new Map(known.records.map((record) => [record.ref, record]));
    this.#groups = this.#groupsOf(plan.filter(({ ref }) => !this.#ended.has(ref)));
  }

  isSettled(): boolean {
    for (const group of this.#groups) {
      for (const run of group.runs) {
        const cases = casesOf(run);
        // A run that is not in the table may see anything.
        if (cases === null) return false;
        this.#open.set(
          run.ref,
          openRecord(run, cases.fills, () => this.#read.add(group)),
        );
      }
    }
    const nothing: Way = { ends: new Map(), read: [] };
    const now = this.#follow(nothing);
    if (!this.#isWithinReach(nothing.read)) return false;
    // Those in which few runs see something come first: most of the time one of them shows that nothing is settled.
    const ways = [nothing];
    for (const way of ways) {
      for (const next of waysOn(way)) {
        if (ways.length >= MAX_LOOKS || this.#follow(next) !== now) return false;
        ways.push(next);
      }
    }
    return true;
  }

  /** What is concluded at the end of a way. Notes which of the groups that are still open were read for it. */
  #follow(way: Way): string {
    const records = new Map([...this.#open, ...this.#ended]);
    for (const [{ runs }, ending] of way.ends) {
      for (const { ref } of runs) records.delete(ref);
      for (const record of ending) records.set(record.ref, record);
    }
    this.#read.clear();
    const concluded = this.#conclude(this.#plan.flatMap(({ ref }) => records.get(ref) ?? []));
    way.read = [...this.#read];
    return concluded;
  }

  /** Most of the time there are too many ways. Then nothing more is computed, and costly endings are not even made. */
  #isWithinReach(groups: readonly Group[]): boolean {
    let ways = 1;
    for (const { endings } of groups.toSorted((a, b) => Number(isCostly(a)) - Number(isCostly(b)))) {
      ways *= endings().length;
      if (ways > MAX_LOOKS) return false;
    }
    return true;
  }

  #groupsOf(pending: readonly PendingRun[]): Group[] {
    const groups = new Map<string, PendingRun[]>();
    for (const run of pending) {
      const kind = PORT_MAPPING.has(run.probe) ? 'port-mapping' : `${run.probe} ${run.family ?? ''}`;
      const key = run.probe === 'stun' ? `${kind} ${run.target ?? ''}` : kind;
      groups.set(key, [...(groups.get(key) ?? []), run]);
    }
    return [...groups.values()].map((runs) => {
      let made: Ending[] | undefined;
      return {
        runs,
        endings: () => {
          made ??= endingsOf(runs, this.#known);
          return made;
        },
      };
    });
  }
}

const PORT_MAPPING: ReadonlySet<string> = new Set(['pcp', 'nat-pmp', 'upnp']);

/**
 * In how many ways the runs of a group may end: all see the same, one alone sees something, or one sees the best of all and
 * the others the worst, or the other way. All combinations would be too many. In the first, none sees anything.
 */
function endingsOf(group: readonly PendingRun[], known: Known): Ending[] {
  const cases = group
    .map((run) => ({ run, observations: casesOf(run)?.of(run, known) ?? [] }))
    .filter(({ observations }) => observations.length > 0);
  const widest = Math.max(0, ...cases.map(({ observations }) => observations.length));
  const together = Array.from({ length: widest }, (_, at) =>
    cases.flatMap(({ run, observations }) => recordOf(run, observations[at])),
  );
  if (cases.length < 2) return [[], ...together];
  const alone = cases.flatMap(({ run, observations }) => observations.map((each) => recordOf(run, each)));
  const apart = cases.flatMap((one) =>
    [0, -1].map((at) =>
      cases.flatMap((each) => recordOf(each.run, each.observations.at(each === one ? at : -1 - at))),
    ),
  );
  return [[], ...together, ...alone, ...apart];
}

/** A run that has seen nothing yet. Tells when one of the parts that it may fill is read. */
function openRecord(run: PendingRun, fills: readonly Part[], onRead: () => void): ProbeRecord {
  const observation: Observation = {};
  const get = () => {
    onRead();
    return undefined;
  };
  for (const part of fills) Object.defineProperty(observation, part, { enumerable: true, get });
  return { ...run, outcome: 'ok', startedMs: 0, durationMs: 0, observation };
}

function recordOf(run: PendingRun, observation: Observation | undefined): ProbeRecord[] {
  if (observation === undefined) return [];
  return [{ ...run, outcome: 'ok', startedMs: 0, durationMs: 0, observation }];
}
