import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../platform/store/open-store.js';
import { type Write, WriteQueue } from '../../platform/store/write-queue.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { DATABASES } from './metrics/stage.js';

function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe.each(DATABASES)('the queue of writes on %s', (_, open) => {
  it('lets others have their turn however long the writes take that come together', async () => {
    const { database } = await open();
    const queue = new WriteQueue(database);
    let longest = 0;
    let turn = performance.now();
    const turns = setInterval(() => {
      longest = Math.max(longest, performance.now() - turn);
      turn = performance.now();
    }, 1);
    const written = await Promise.all(
      Array.from({ length: 40 }, (_write, index) =>
        queue.run(async (tables) => {
          work(10);
          await tables
            .insertInto('settings')
            .values({ key: `${index}`, value: '' })
            .execute();
          return index;
        }),
      ),
    );
    clearInterval(turns);
    expect(written).toEqual(Array.from({ length: 40 }, (_write, index) => index));
    // All in one would be 400.
    expect(longest).toBeLessThan(200);
    expect(await database.tables.selectFrom('settings').select('key').execute()).toHaveLength(40);
  });

  it('tries each alone when one of them failed, and none any more once nothing may be written', async () => {
    const { database } = await open();
    let transactions = 0;
    const queue = new WriteQueue(database, async () => {
      transactions += 1;
      if (transactions === 3) throw new Error('lease lost');
    });
    const results = await Promise.allSettled([
      queue.run(async () => 'a'),
      queue.run(() => Promise.reject(new Error('b alone'))),
      queue.run(async () => 'c'),
      queue.run(async () => 'd'),
    ]);
    expect(results.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual([
      'a',
      'lease lost',
      'lease lost',
      'lease lost',
    ]);
    expect(transactions).toBe(3);
  });
});

describe.runIf(postgresAvailable())('two processes whose writes wait for each other', () => {
  it('both write: PostgreSQL ends one of them, and that one tries again', async () => {
    const url = await freshDatabase();
    const stores = [await openStore(url), await openStore(url)];
    try {
      for (const key of ['a', 'b']) await stores[0]?.putSetting(key, '');
      let waiting = 0;
      const crosswise = (own: number) => async (tables: Parameters<Write>[0]) => {
        const keys = own === 0 ? ['a', 'b'] : ['b', 'a'];
        for (const key of keys) {
          await tables
            .updateTable('settings')
            .set({ value: `${own}` })
            .where('key', '=', key)
            .execute();
          waiting += 1;
          // Until each has one of both.
          while (waiting < 2) await sleep(5);
        }
        return own;
      };
      const written = await Promise.all(stores.map((store, own) => store.write(crosswise(own))));
      expect(written).toEqual([0, 1]);
    } finally {
      for (const store of stores) await store.close();
    }
  });
});
