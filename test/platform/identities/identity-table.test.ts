import { afterEach, describe, expect, it } from 'vitest';
import { IdentityTable } from '../../../platform/identities/identity-table.js';
import { fence, type Lease } from '../../../platform/store/fence.js';
import type { SqlDatabase } from '../../../platform/store/sql-database.js';
import { freshDatabase } from '../../support/postgres.js';
import { addEndpoints, Databases, mayPostgres, newIdentity } from './databases.js';

const databases = new Databases();
afterEach(() => databases.close());

const never = new AbortController().signal;

async function withIdentity(database: SqlDatabase) {
  const table = new IdentityTable(database);
  const { id } = newIdentity();
  await table.add(id, 'sealed');
  const row = async () => {
    const found = (await table.list()).find((one) => one.id === id);
    if (found === undefined) throw new Error('no such identity');
    return found;
  };
  const take = async (holder: string): Promise<Lease> => {
    const lease = await table.take(await row(), holder);
    if (lease === null) throw new Error('was not taken');
    return lease;
  };
  return { table, id, row, take };
}

/** Writes in an identity's name, as the store does. */
function write(database: SqlDatabase, lease: Lease, value: string, beforeCommit = async () => {}) {
  const { dialect, tables } = database;
  return tables.transaction().execute(async (transaction) => {
    await fence(dialect, transaction, lease);
    await transaction
      .insertInto('settings')
      .values({ key: 'written', value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute();
    await beforeCommit();
  });
}

const written = async ({ tables }: SqlDatabase) =>
  (await tables.selectFrom('settings').select('value').where('key', '=', 'written').executeTakeFirst())
    ?.value;

const refused = { code: 'ERR_STORE', message: expect.stringContaining('lease lost') };

describe.each([
  ['SQLite', 'sqlite' as const],
  ['PostgreSQL', 'postgres' as const],
])('identities on %s', (_, dialect) => {
  const open = async () => {
    const database = await databases.make(dialect);
    return { database, ...(await withIdentity(database)) };
  };

  describe.skipIf(dialect === 'postgres' && !mayPostgres)('one after the other', () => {
    it('are free at first, and added once', async () => {
      const { table, id, row } = await open();
      await table.add(id, 'another text');
      const free = { holder: null, token: 0, beat: 0, sealedKey: 'sealed', beatAt: 0 };
      expect(await table.list()).toEqual([{ id, ...free }]);
      expect(await row()).toMatchObject({ id });
    });

    it('are taken once from the state that was seen', async () => {
      const { table, row } = await open();
      const seen = await row();
      expect(await table.take(seen, 'one')).toEqual({ identity: seen.id, token: 1, holder: 'one' });
      expect(await table.take(seen, 'two')).toBeNull();
      expect(await row()).toMatchObject({ holder: 'one', token: 1, beat: 1 });
      expect(Math.abs((await row()).beatAt - Date.now())).toBeLessThan(5_000);
    });

    it('cannot be taken when the holder has counted up since they were seen', async () => {
      const { table, row, take } = await open();
      const lease = await take('one');
      const seen = await row();
      expect(await table.renew(lease)).toBe(true);
      expect(await table.take(seen, 'two')).toBeNull();
      expect(await row()).toMatchObject({ holder: 'one', token: 1, beat: 2 });
    });

    it('are not renewed by the one before, and not given back by it', async () => {
      const { table, row, take } = await open();
      const before = await take('one');
      const now = await take('two');
      expect(now.token).toBe(before.token + 1);
      expect(await table.renew(before)).toBe(false);
      await table.release(before);
      expect(await row()).toMatchObject({ holder: 'two', token: now.token });
      expect(await table.renew(now)).toBe(true);
    });

    it('that are given back are free, and their holder writes nothing more', async () => {
      const { database, table, row, take } = await open();
      const lease = await take('one');
      await write(database, lease, 'while held');
      await table.release(lease);
      expect(await row()).toMatchObject({ holder: null });
      await expect(write(database, lease, 'afterwards')).rejects.toMatchObject(refused);
      expect(await written(database)).toBe('while held');
      expect((await take('one')).token).toBeGreaterThan(lease.token);
    });

    it('a holder before writes nothing, and the one now does', async () => {
      const { database, take } = await open();
      const before = await take('one');
      const now = await take('two');
      await expect(write(database, before, 'before')).rejects.toMatchObject(refused);
      await write(database, now, 'now');
      expect(await written(database)).toBe('now');
    });

    it('have one holder, also where a database came back without its last seconds and gives a token twice', async () => {
      const { database, table, row, take } = await open();
      const before = await take('one');
      const { id, token, beat } = await row();
      // As a replica has it that was behind: the takeover is forgotten.
      await database.tables
        .updateTable('identities')
        .set({ token: token - 1, beat, holder: null })
        .execute();
      const now = await take('two');
      expect(now.token).toBe(before.token);
      expect(await table.renew(before)).toBe(false);
      await expect(write(database, before, 'before')).rejects.toMatchObject(refused);
      await table.release(before);
      expect(await row()).toMatchObject({ id, holder: 'two', token });
      expect(await table.renew(now)).toBe(true);
    });

    it("leave a dead holder's endpoints offline, seen until it was last alive", async () => {
      const { database, table, id, take } = await open();
      await addEndpoints(database, 450, { identity: id });
      await addEndpoints(database, 1, { identity: id, seenAt: 9_000 });
      await addEndpoints(database, 1, { identity: id, isOnline: 0, seenAt: 7 });
      await addEndpoints(database, 1, { identity: 'another' });
      await table.markOffline(await take('one'), 5_000, never);
      const rows = await database.tables
        .selectFrom('endpoints')
        .select(['identity', 'is_online', 'last_seen_at'])
        .select(({ fn }) => fn.countAll().as('count'))
        .groupBy(['identity', 'is_online', 'last_seen_at'])
        .orderBy('last_seen_at')
        .execute();
      const summary = rows.map((row) => [
        row.identity,
        ...[row.is_online, row.last_seen_at, row.count].map(Number),
      ]);
      expect(summary).toEqual([
        ['another', 1, 1, 1],
        [id, 0, 7, 1],
        [id, 0, 5_000, 450],
        [id, 0, 9_000, 1],
      ]);
    });

    it('endpoints of an identity that was lost meanwhile are left to its new holder', async () => {
      const { database, table, id, take } = await open();
      await addEndpoints(database, 1, { identity: id });
      const before = await take('one');
      await take('two');
      await expect(table.markOffline(before, 5_000, never)).rejects.toMatchObject(refused);
      const online = database.tables.selectFrom('endpoints').select('id').where('is_online', '=', 1);
      expect(await online.execute()).toHaveLength(1);
    });
  });
});

describe.skipIf(!mayPostgres)('two processes on PostgreSQL', () => {
  const open = async () => {
    const url = await freshDatabase();
    const [mine, other] = [await databases.postgres(url), await databases.postgres(url)];
    return { mine, other, others: new IdentityTable(other), ...(await withIdentity(mine)) };
  };

  it('do not take an identity over while a write in its name is under way', async () => {
    const { mine, others, row, take } = await open();
    const lease = await take('one');
    const seen = await row();
    const during: unknown[] = [];
    await write(mine, lease, 'acknowledged', async () => {
      const askedAt = performance.now();
      during.push(await others.take(seen, 'two'));
      expect(performance.now() - askedAt).toBeLessThan(1_000);
    });
    expect(during).toEqual([null]);
    expect(await written(mine)).toBe('acknowledged');
    expect(await others.take(seen, 'two')).toMatchObject({ token: lease.token + 1 });
    await expect(write(mine, lease, 'too late')).rejects.toMatchObject(refused);
    expect(await written(mine)).toBe('acknowledged');
  });

  it('a write that begins while the identity is being taken waits, and is refused', async () => {
    const { mine, other, id, take } = await open();
    const lease = await take('one');
    let late: Promise<void> | undefined;
    let isDone = false;
    await other.tables.transaction().execute(async (transaction) => {
      await transaction
        .updateTable('identities')
        .set({ token: lease.token + 1, holder: 'two' })
        .where('id', '=', id)
        .execute();
      late = write(mine, lease, 'late');
      const ended = () => {
        isDone = true;
      };
      late.then(ended, ended);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(isDone).toBe(false);
    });
    await expect(late).rejects.toMatchObject(refused);
    expect(await written(mine)).toBeUndefined();
  });

  it('a renewal does not wait for a write in the name of the same identity, nor the write for it', async () => {
    const { mine, table, others, take } = await open();
    const lease = await take('one');
    await write(mine, lease, 'x', async () => {
      const askedAt = performance.now();
      expect(await table.renew(lease)).toBe(true);
      expect(await others.renew(lease)).toBe(true);
      expect(performance.now() - askedAt).toBeLessThan(1_000);
    });
  });

  it('one of them that is stopped between a write and its commit loses it: the database takes the lock back', {
    timeout: 30_000,
    tags: ['slow'],
  }, async () => {
    const { mine, others, row, take } = await open();
    const lease = await take('one');
    const seen = await row();
    const startedAt = performance.now();
    let tookAfter = 0;
    const stopped = write(mine, lease, 'never', async () => {
      while ((await others.take(seen, 'two')) === null) {
        expect(performance.now() - startedAt).toBeLessThan(8_000);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      tookAfter = performance.now() - startedAt;
    });
    await expect(stopped).rejects.toMatchObject({ code: 'ERR_STORE' });
    expect(tookAfter).toBeGreaterThan(1_000);
    expect(await written(mine)).toBeUndefined();
  });

  it('that take the same identity at the same moment get it once, again and again', async () => {
    const { table, others, row } = await open();
    for (let round = 0; round < 100; round += 1) {
      const seen = await row();
      const takers = [table, others, table, others];
      const leases = await Promise.all(takers.map((one, index) => one.take(seen, `holder ${index}`)));
      expect(leases.filter((lease) => lease !== null)).toEqual([
        expect.objectContaining({ token: seen.token + 1 }),
      ]);
    }
  });
});
