import { afterEach, describe, expect, it } from 'vitest';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { PlatformKey } from '../../../platform/identities/platform-key.js';
import { until } from '../../support/fake-time.js';
import { freshDatabase } from '../../support/postgres.js';
import { Databases, mayPostgres, newIdentity } from './databases.js';
import { LeaseProcess, newPlatformKey } from './processes.js';

const databases = new Databases();
const processes: LeaseProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((each) => each.kill()));
  await databases.close();
});

/** From the end of a holder to the next one: six seconds without a sign of life, and a look each second. */
const TAKEN_WITHIN_MS = 9_000;

async function open(identities: number) {
  const url = await freshDatabase();
  const database = await databases.postgres(url);
  const platformKey = newPlatformKey();
  const key = PlatformKey.parse(platformKey, 'the test');
  const table = new IdentityTable(database);
  const ids: string[] = [];
  for (let count = 0; count < identities; count += 1) {
    const secret = newIdentity();
    await database.tables.insertInto('settings').values({ key: secret.id, value: '0' }).execute();
    await table.add(secret.id, key.seal(secret));
    ids.push(secret.id);
  }
  return {
    ids,
    start: async () => {
      const started = await LeaseProcess.start(url, platformKey);
      processes.push(started);
      return started;
    },
    /** The token of each write, in the order in which they were written. */
    writes: async (id: string) => {
      const { value } = await database.tables
        .selectFrom('settings')
        .select('value')
        .where('key', '=', id)
        .executeTakeFirstOrThrow();
      return value.split(' ').map(Number);
    },
  };
}

const holders = (id: string) => processes.filter(({ held }) => held.has(id));
const isSorted = (tokens: readonly number[]) => tokens.every((token, at) => token >= (tokens[at - 1] ?? 0));
const said = (what: string) => processes.flatMap(({ told }) => told.filter((line) => line.what === what));

describe.skipIf(!mayPostgres)('of three processes', { timeout: 120_000, tags: ['slow'] }, () => {
  it('one that is killed is replaced by exactly one other, in seconds', async () => {
    const { ids, start, writes } = await open(3);
    const first = await start();
    expect(first.held.size).toBe(3);
    await Promise.all([start(), start()]);
    const killedAt = Date.now();
    await first.kill();
    processes.splice(processes.indexOf(first), 1);
    await until(() => ids.every((id) => holders(id).length === 1), TAKEN_WITHIN_MS);
    for (const { at } of said('held')) expect(at - killedAt).toBeLessThan(TAKEN_WITHIN_MS);
    expect(processes.map(({ held }) => held.size).sort()).toEqual([1, 2]);
    await until(async () => (await writes(ids[0] ?? '')).includes(2));
    for (const id of ids) expect(isSorted(await writes(id))).toBe(true);
    expect(said('warning')).toEqual([]);
  });

  it('one that is stopped for longer finds out at once when it goes on, lets go, and has written nothing', async () => {
    const { ids, start, writes } = await open(1);
    const [id = ''] = ids;
    const first = await start();
    const second = await start();
    await until(async () => (await writes(id)).length > 5);
    first.signal('SIGSTOP');
    await until(() => second.held.has(id), TAKEN_WITHIN_MS + 5_000);
    await until(async () => (await writes(id)).includes(2));
    const thawedAt = Date.now();
    first.signal('SIGCONT');
    await until(() => first.told.some(({ what }) => what === 'lost'), 3_000);
    const lost = first.told.find(({ what }) => what === 'lost');
    expect(lost?.rest).toBe('taken');
    expect((lost?.at ?? 0) - thawedAt).toBeLessThan(1_000);
    await until(() => said('refused').some(({ rest }) => rest.includes('lease lost')));
    expect(isSorted(await writes(id))).toBe(true);
    expect(holders(id)).toEqual([second]);
    // It is as good as any other again.
    await second.kill();
    processes.splice(processes.indexOf(second), 1);
    await until(() => first.held.get(id) === 3, TAKEN_WITHIN_MS);
  });

  it('one whose JavaScript hangs is replaced, and lets go as soon as it goes on', async () => {
    const { ids, start, writes } = await open(1);
    const [id = ''] = ids;
    const first = await start();
    const second = await start();
    await until(async () => (await writes(id)).length > 5);
    first.signal('SIGUSR2');
    await until(() => second.held.has(id), TAKEN_WITHIN_MS);
    await until(() => first.told.some(({ what }) => what === 'lost'), 10_000);
    const [awake, lost] = ['awake', 'lost'].map((word) => first.told.find(({ what }) => what === word));
    expect((lost?.at ?? 0) - (awake?.at ?? 0)).toBeLessThan(1_000);
    await until(async () => (await writes(id)).includes(2));
    expect(isSorted(await writes(id))).toBe(true);
    expect(said('UNHANDLED')).toEqual([]);
  });

  it('one that is stopped for a moment keeps what it has', async () => {
    const { ids, start } = await open(1);
    const [id = ''] = ids;
    const first = await start();
    const second = await start();
    for (let round = 0; round < 3; round += 1) {
      first.signal('SIGSTOP');
      await new Promise((resolve) => setTimeout(resolve, 2_500));
      first.signal('SIGCONT');
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(first.held.get(id)).toBe(1);
    expect(second.told.map(({ what }) => what)).toEqual(['ready']);
  });

  it('one that is told to stop hands over within a second or two', async () => {
    const { ids, start } = await open(2);
    const first = await start();
    const second = await start();
    const stoppedAt = Date.now();
    expect(await first.stop()).toBe(0);
    processes.splice(processes.indexOf(first), 1);
    await until(() => ids.every((id) => second.held.has(id)), 3_000);
    for (const { at } of second.told.filter(({ what }) => what === 'held'))
      expect(at - stoppedAt).toBeLessThan(3_000);
  });

  it('two that go on at the same moment as a third is killed never have one identity twice', async () => {
    const { ids, start, writes } = await open(6);
    const [first, second, third] = [await start(), await start(), await start()];
    second.signal('SIGSTOP');
    third.signal('SIGSTOP');
    await first.kill();
    processes.splice(processes.indexOf(first), 1);
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    second.signal('SIGCONT');
    third.signal('SIGCONT');
    await until(() => ids.every((id) => holders(id).length === 1), TAKEN_WITHIN_MS);
    const tokens = said('held').map(({ identity, rest }) => `${identity} ${rest}`);
    expect(new Set(tokens).size).toBe(tokens.length);
    for (const id of ids) {
      await until(async () => (await writes(id)).includes(2));
      expect(isSorted(await writes(id))).toBe(true);
    }
  });
});
