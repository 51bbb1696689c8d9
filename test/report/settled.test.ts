import { describe, expect, it } from 'vitest';
import { randomFrom } from '../../bench/support/random.js';
import { PROBE_NAMES } from '../../lib/probes/probe.js';
import {
  type AskedRelay,
  type Colour,
  entersWireReport,
  isSettled,
  judge,
  type LocalReport,
  type PendingRun,
  type ProbeRecord,
  summarise,
  toWireReport,
} from '../../lib/report/index.js';
import { CASES } from '../../lib/report/settled/cases.js';
import { observationOf, planOf, type World, worldFrom } from './support/random-runs.js';
import { isPublicHere } from './support/records.js';

/** Probes that end as soon as names are known: nobody has to know what they may see, and nothing is settled before. */
const INSTANT: readonly string[] = ['endpoint', 'route'];

const NOWHERE = { endpointId: 'a'.repeat(64), directAddrs: [], homeRelay: null, paths: [] };

const WORLDS = 100;
/** How often the rest of a report is made up once its colour is settled. */
const COMPLETIONS = 25;

function colourOf(relays: readonly AskedRelay[]) {
  return (records: readonly ProbeRecord[]): Colour => summarise(judge(records, relays, isPublicHere)).colour;
}

function ended(run: PendingRun, world: World): ProbeRecord {
  const observation = observationOf(run, world);
  const base = { ...run, startedMs: 0, durationMs: 1 };
  return observation === null
    ? { ...base, outcome: 'timeout', error: { code: 'DEADLINE', message: 'no answer' } }
    : { ...base, outcome: 'ok', observation };
}

/** The runs in the order in which they end here. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

function inOrder(plan: readonly PendingRun[], records: readonly ProbeRecord[]): ProbeRecord[] {
  return plan.flatMap(({ ref }) => records.find((record) => record.ref === ref) ?? []);
}

/** What led to a colour, for the one who reads a failure. */
function briefOf(records: readonly ProbeRecord[]): string[] {
  return records.map(({ ref, observation }) => `${ref}: ${JSON.stringify(observation ?? null)}`);
}

describe('what does not enter the wire report', () => {
  it('never changes it', () => {
    let looked = 0;
    for (let n = 0; n < WORLDS; n += 1) {
      const random = randomFrom(`wire ${n}`);
      const world = { ...worldFrom(random), hasStun: true };
      const plan = planOf(world);
      const wireOf = (records: readonly ProbeRecord[]) => {
        const verdict = judge(records, world.relays, isPublicHere);
        return toWireReport({ verdict, endpoint: NOWHERE } as unknown as LocalReport);
      };
      const known = inOrder(
        plan,
        plan.filter(entersWireReport).map((run) => ended(run, world)),
      );
      // A direct path to a peer shows that UDP works. Its run is left out before the wire report is made.
      const isTold = (run: PendingRun) => entersWireReport(run) || run.probe === 'peer';
      const rest = plan.filter((run) => !isTold(run)).map((run) => ended(run, world));
      looked += rest.filter(({ observation }) => observation !== undefined).length;
      expect(wireOf(inOrder(plan, [...known, ...rest]))).toEqual(wireOf(known));
    }
    expect(looked).toBeGreaterThan(WORLDS / 2);
  });
});

describe('a settled colour', () => {
  it('knows what every probe may see', () => {
    expect(Object.keys(CASES).toSorted()).toEqual(
      PROBE_NAMES.filter((name) => !INSTANT.includes(name)).toSorted(),
    );
  });

  it('is none while a run is out of which nobody knows what it may see', () => {
    const plan = [{ ref: 'novel', probe: 'novel' }];
    expect(isSettled(plan, { records: [], relays: [] }, () => 'green')).toBe(false);
    expect(isSettled([], { records: [], relays: [] }, () => 'green')).toBe(true);
  });

  it('never changes, however the runs end that are still out', { tags: ['slow'] }, () => {
    const settled = new Map<Colour, number>();
    let early = 0;
    for (let n = 0; n < WORLDS; n += 1) {
      const random = randomFrom(`settled ${n}`);
      const world = worldFrom(random);
      const plan = planOf(world);
      const colour = colourOf(world.relays);
      const order = shuffled(plan, random);
      for (let count = 0; count <= order.length; count += 1) {
        const records = inOrder(
          plan,
          order.slice(0, count).map((run) => ended(run, world)),
        );
        if (!isSettled(plan, { records, relays: world.relays }, colour)) continue;
        const is = colour(records);
        const rest = order.slice(count);
        settled.set(is, (settled.get(is) ?? 0) + 1);
        if (rest.length > 2) early += 1;
        for (let time = 0; rest.length > 0 && time < COMPLETIONS; time += 1) {
          const all = inOrder(plan, [...records, ...rest.map((run) => ended(run, world))]);
          expect(
            colour(all),
            JSON.stringify(
              {
                n,
                records: briefOf(records),
                rest: briefOf(all.filter(({ ref }) => rest.some((run) => run.ref === ref))),
              },
              null,
              1,
            ),
          ).toBe(is);
        }
        break;
      }
    }
    // It is said of every colour, and before the end: else it would be easy to be right.
    expect([...settled.keys()].toSorted()).toEqual(['green', 'grey', 'orange', 'red']);
    expect(early).toBeGreaterThan(WORLDS / 20);
  });
});
