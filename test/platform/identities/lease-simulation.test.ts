import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndpointId } from '../../../lib/wire/index.js';
import {
  LEASE_TIMES,
  type LeaseRow,
  NOTHING_SEEN,
  renewed,
  type Standing,
  toTake,
  type Watch,
  watchOn,
} from '../../../platform/identities/lease-rules.js';
import { madeUpId } from '../../support/ids.js';

const TICK_MS = 100;
const FAULTS_END_MS = 120_000;
/** After the last fault: the watch, a look, and the time that one above its share leaves to others. */
const CALM_MS = 12_000;

interface Span {
  from: number;
  to: number;
}
interface Faults {
  /** While the database answers nobody. */
  outages: Span[];
  processes: { pauses: Span[]; diesAt: number | null; rate: number; startsAt: number }[];
}

const during = (spans: readonly Span[], at: number) => spans.some(({ from, to }) => at >= from && at < to);

/** One process, by the rules alone. Its clock has a beginning and a speed of its own. */
class Process {
  readonly held = new Map<EndpointId, { token: number; standing: Standing; nextAt: number }>();
  readonly losses: string[] = [];
  #watch: Watch = NOTHING_SEEN;
  #nextLook = 0;

  constructor(
    readonly name: string,
    readonly faults: Faults['processes'][number],
  ) {}

  isAlive(at: number): boolean {
    return at >= this.faults.startsAt && (this.faults.diesAt === null || at < this.faults.diesAt);
  }

  isAwake(at: number): boolean {
    return this.isAlive(at) && !during(this.faults.pauses, at);
  }

  /** Everything that is due; timers that became due in a pause are late. */
  run(at: number, rows: Map<EndpointId, LeaseRow> | null): void {
    const now = 1_000_000 + at * this.faults.rate;
    for (const [id, { token, standing, nextAt }] of this.held) {
      if (now < nextAt) continue;
      const row = rows?.get(id);
      const isKept = row?.token === token && row.holder === this.name;
      if (isKept && row !== undefined) row.beat += 1;
      const answer = rows === null ? 'none' : isKept ? 'kept' : 'gone';
      const result = renewed(standing, { askedAt: now, answer, answeredAt: now }, LEASE_TIMES);
      if ('lost' in result) this.#lose(id, result.lost);
      else this.held.set(id, { token, ...result });
    }
    if (now < this.#nextLook) return;
    this.#nextLook = now + LEASE_TIMES.lookMs;
    if (rows === null) this.#watch = NOTHING_SEEN;
    else this.#look(now, rows);
  }

  #look(now: number, rows: Map<EndpointId, LeaseRow>): void {
    const look = { askedAt: now, answeredAt: now, rows: [...rows.values()].map((row) => ({ ...row })) };
    this.#watch = watchOn(this.#watch, look, LEASE_TIMES);
    for (const [id, { token }] of this.held) if (rows.get(id)?.token !== token) this.#lose(id, 'taken');
    const candidate = { holder: this.name, held: new Set(this.held.keys()), isAlone: false };
    const { rows: free, atMost } = toTake(this.#watch, look, candidate, LEASE_TIMES);
    for (const { id } of free.slice(0, atMost)) {
      const row = rows.get(id);
      if (row === undefined) continue;
      row.token += 1;
      row.beat += 1;
      row.holder = this.name;
      const standing = { sureAt: now, askedAt: now };
      this.held.set(id, { token: row.token, standing, nextAt: now + LEASE_TIMES.renewMs });
    }
  }

  #lose(id: EndpointId, why: string): void {
    this.held.delete(id);
    this.losses.push(why);
  }
}

function simulate({ outages, processes: each }: Faults, identities: number, untilMs: number) {
  const rows = new Map(
    Array.from({ length: identities }, (_, index): [EndpointId, LeaseRow] => {
      const id = madeUpId(`identity ${index}`);
      return [id, { id, holder: null, token: 0, beat: 0 }];
    }),
  );
  const processes = each.map((faults, index) => new Process(`process ${index}`, faults));
  for (let at = 0; at < untilMs; at += TICK_MS) {
    const database = during(outages, at) ? null : rows;
    for (const process of processes) if (process.isAwake(at)) process.run(at, database);
    for (const { id, token } of rows.values()) {
      // Others may still believe that they are the holder; their tokens are old.
      const holders = processes.filter(({ held }) => held.get(id)?.token === token);
      expect(holders.length).toBeLessThanOrEqual(1);
    }
  }
  return { rows, processes };
}

const spans = (longestMs: number, most: number) =>
  fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: FAULTS_END_MS }), fc.integer({ min: TICK_MS, max: longestMs }))
      .map(([from, length]): Span => ({ from, to: Math.min(FAULTS_END_MS, from + length) })),
    { maxLength: most },
  );
/** How fast a clock goes: worse than any real one. */
const rate = fc.double({ min: 0.8, max: 1.25, noNaN: true });
const startsAt = fc.integer({ min: 0, max: 5_000 });

describe('the rules of leases, in a world of made-up processes', () => {
  it('leave every identity with one live process soon after the last fault, whatever happened before', () => {
    const process = fc.record({
      ...{ rate, startsAt, pauses: spans(90_000, 4) },
      diesAt: fc.option(fc.integer({ min: 0, max: FAULTS_END_MS })),
    });
    const survivor = fc.record({ rate, startsAt, pauses: spans(90_000, 4), diesAt: fc.constant(null) });
    fc.assert(
      fc.property(
        spans(90_000, 3),
        survivor,
        fc.array(process, { maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (outages, one, others, identities) => {
          const until = FAULTS_END_MS + CALM_MS;
          const { rows, processes } = simulate({ outages, processes: [one, ...others] }, identities, until);
          for (const { id, token, holder } of rows.values()) {
            const holders = processes.filter(({ held, faults }) => faults.diesAt === null && held.has(id));
            expect(holders.map(({ name }) => name)).toEqual([holder]);
            expect(holders[0]?.held.get(id)?.token).toBe(token);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('never take an identity from a process that lives, while the database is away for up to 40 s and pauses are short', () => {
    // A candidate with the fastest clock waits 6 s of it: 4.8 s; the holder with the slowest renews each 2.5 s,
    // and is stopped for 2 s at most.
    const process = fc.record({ rate, startsAt, pauses: spans(1_000, 2), diesAt: fc.constant(null) });
    fc.assert(
      fc.property(
        spans(40_000, 2).filter(
          ([a, b]) => b === undefined || a === undefined || Math.abs(a.from - b.from) > 60_000,
        ),
        fc.array(process, { minLength: 2, maxLength: 4 }),
        (outages, processes) => {
          const after = simulate({ outages, processes }, 3, FAULTS_END_MS);
          expect(after.processes.flatMap(({ losses }) => losses)).toEqual([]);
          for (const { token } of after.rows.values()) expect(token).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('share out what a process held that dies', () => {
    const dies = { rate: 1, startsAt: 0, pauses: [], diesAt: 10_000 };
    const lives = { rate: 1, pauses: [], diesAt: null };
    const processes = [dies, { ...lives, startsAt: 3_000 }, { ...lives, startsAt: 3_500 }];
    const { processes: after } = simulate({ outages: [], processes }, 4, 25_000);
    const counts = after.slice(1).map(({ held }) => held.size);
    expect(counts.reduce((sum, count) => sum + count)).toBe(4);
  });
});
