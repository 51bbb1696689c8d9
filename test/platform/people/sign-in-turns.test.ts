import { afterEach, describe, expect, it } from 'vitest';
import type { Counted } from '../../../platform/people/index.js';
import { countedOf } from '../../../platform/server/doors/sign-in-throttle.js';
import { mayPostgres, PeopleStage, type Process } from './stage.js';

const stage = new PeopleStage();
afterEach(() => stage.close());

const MINUTE = 60_000;
const of = (nameKey: string, address = '192.0.2.1', isKnownAddress = false): Counted[] =>
  countedOf({ nameKey, address, isKnownAddress });
const rows = async ({ store }: Process) =>
  (await store.tables.selectFrom('sign_in_turns').selectAll().execute()).map((row) => ({
    ...{ hash: row.hash, fullAt: Number(row.full_at) },
  }));

describe.runIf(mayPostgres)('who guesses passwords at several processes', () => {
  it('has as many turns as at one, and more as time passes', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    const guess = async (at: number) =>
      (at % 2 === 0 ? one : two).people.signInTurns.take(of('root', `192.0.2.${at}`));
    const waits: number[] = [];
    for (let at = 0; at < 14; at += 1) waits.push(await guess(at));
    expect(waits.slice(0, 10)).toEqual(Array(10).fill(0));
    expect(waits.slice(10)).toEqual(Array(4).fill(MINUTE / 2));
    // At the same moment, too.
    stage.now += 60 * MINUTE;
    const many = await Promise.all(Array.from({ length: 40 }, (_, at) => guess(at)));
    expect(many.filter((wait) => wait === 0)).toHaveLength(10);
    stage.now += MINUTE / 2;
    expect([await guess(1), await guess(2)]).toEqual([0, MINUTE / 2]);
  });

  it('is counted by address as well, and whoever is turned down takes nothing from anybody', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    for (let at = 0; at < 20; at += 1)
      expect(await (at % 2 === 0 ? one : two).people.signInTurns.take(of(`name ${at}`))).toBe(0);
    expect(await two.people.signInTurns.take(of('other'))).toBe(10_000);
    expect(await two.people.signInTurns.take(of('other', '192.0.2.2'))).toBe(0);
    expect(await rows(one)).toHaveLength(23);
  });

  it('gets turns back for what was right, at either', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    for (let at = 0; at < 50; at += 1) {
      expect(await one.people.signInTurns.take(of('root'))).toBe(0);
      await two.people.signInTurns.giveBack(of('root'));
    }
    expect((await rows(one)).map(({ fullAt }) => fullAt)).toEqual([stage.now, stage.now]);
  });

  it('keeps nobody out for longer because the clock of one was ahead', async () => {
    const [one, two] = (await stage.processes(2)) as [Process, Process];
    stage.now += 24 * 60 * MINUTE;
    for (let at = 0; at < 10; at += 1) await one.people.signInTurns.take(of('root', `192.0.2.${at}`));
    stage.now -= 24 * 60 * MINUTE;
    expect(await two.people.signInTurns.take(of('root', '192.0.2.99'))).toBe(MINUTE / 2);
  });

  it('fills no disk with names: what has all turns again goes, then what has the most of them', async () => {
    const [one] = await stage.processes(1);
    for (let at = 0; at < 10; at += 1) await one.people.signInTurns.take(of('root', `192.0.2.${at}`));
    const before = await rows(one);
    const strangers = Array.from({ length: 30_000 }, (_, at) => ({
      ...{ hash: `${at}`, full_at: stage.now + (at < 3_000 ? 0 : 10_000) },
    }));
    for (let at = 0; at < strangers.length; at += 3_000)
      await one.store.tables
        .insertInto('sign_in_turns')
        .values(strangers.slice(at, at + 3_000))
        .execute();
    for (let at = 0; at < 490; at += 1)
      await one.people.signInTurns.take(of(`more ${at}`, `2001:db8:${at.toString(16)}::1`));
    const after = await rows(one);
    expect(after.length).toBeLessThanOrEqual(20_000);
    const fullest = Math.max(...before.map(({ fullAt }) => fullAt));
    expect(after.filter(({ fullAt }) => fullAt === fullest)).toHaveLength(1);
    expect(await one.people.signInTurns.take(of('root', '192.0.2.99'))).toBeGreaterThan(0);
    // Names are in it as hashes.
    expect(JSON.stringify(after)).not.toContain('root');
  });
});
