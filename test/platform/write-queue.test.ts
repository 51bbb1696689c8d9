import { afterEach, describe, expect, it } from 'vitest';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { type Write, WriteQueue } from '../../platform/store/write-queue.js';

const opened: SqlStore[] = [];
afterEach(() => Promise.all(opened.splice(0).map((store) => store.close())));

async function database(): Promise<SqlDatabase> {
  const embedded = await openLibsql(':memory:');
  opened.push(await SqlStore.open(embedded));
  return embedded;
}

const put =
  (key: string): Write<string> =>
  async (tables) => {
    await tables.insertInto('settings').values({ key, value: 'x' }).execute();
    return key;
  };
const keysIn = async ({ tables }: SqlDatabase) =>
  (await tables.selectFrom('settings').select('key').orderBy('key').execute()).map(({ key }) => key);

describe('writes that are asked together', () => {
  it('share a transaction, in their order', async () => {
    let transactions = 0;
    const queue = new WriteQueue(await database(), async () => {
      transactions += 1;
    });
    const order: string[] = [];
    const asked = ['a', 'b', 'c'].map((key) => queue.run(put(key)).then((written) => order.push(written)));
    await Promise.all(asked);
    expect([transactions, order]).toEqual([1, ['a', 'b', 'c']]);
  });

  it('do not fail for one another', async () => {
    const embedded = await database();
    const queue = new WriteQueue(embedded);
    const asked = ['a', 'b', 'a', 'c'].map((key) => queue.run(put(key)));
    const outcomes = (await Promise.allSettled(asked)).map(({ status }) => status);
    expect(outcomes).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(await keysIn(embedded)).toEqual(['a', 'b', 'c']);
  });

  it('are refused all at once when the fence has closed, and write nothing', async () => {
    const embedded = await database();
    let looks = 0;
    const queue = new WriteQueue(embedded, () => {
      looks += 1;
      return Promise.reject(new Error('the lease is lost'));
    });
    const asked = Array.from({ length: 250 }, (_, index) => queue.run(put(String(index))));
    const outcomes = await Promise.allSettled(asked);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    // Not once for each hundred: a database that is away takes its time to say so.
    expect(looks).toBe(1);
    expect(await keysIn(embedded)).toEqual([]);
    await expect(queue.run(put('later'))).rejects.toThrow('the lease is lost');
  });
});
