import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

const KEY = 'retention.sweptAt';

/**
 * Whether it is this process's turn to sweep: of several at most one gets it, once in so many milliseconds.
 * A time in the future was written by a clock that was wrong.
 */
export async function takeSweepTurn(tables: Kysely<Tables>, now: number, everyMs: number): Promise<boolean> {
  // Times of today have thirteen digits, so their texts compare as they do.
  const value = String(now);
  const { numUpdatedRows } = await tables
    .updateTable('settings')
    .set({ value })
    .where('key', '=', KEY)
    .where(({ or, eb }) =>
      or([eb('value', '<=', String(now - everyMs)), eb('value', '>', String(now + everyMs))]),
    )
    .executeTakeFirst();
  if (numUpdatedRows > 0n) return true;
  const { numInsertedOrUpdatedRows } = await tables
    .insertInto('settings')
    .values({ key: KEY, value })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .executeTakeFirst();
  return (numInsertedOrUpdatedRows ?? 0n) > 0n;
}
