import { describe, expect, it } from 'vitest';
import { WriteQueue } from '../../platform/store/write-queue.js';
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
});
