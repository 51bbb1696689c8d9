import { sql } from 'kysely';
import type { Tables } from './deps.js';

/** Rows that belong together. */
interface Kept {
  table: 'sign_ins' | 'known_addresses' | 'one_time_codes';
  /** Which: what these columns hold. */
  of: Readonly<Record<string, string | null>>;
  /** The column that tells one from the other. */
  key: string;
  /** The column with its time. */
  at: string;
  most: number;
}

/** Of rows that belong together so many of the newest stay; a clock that was ahead made some that look new. */
export async function keepNewest(tables: Tables, { table, of, key, at, most }: Kept): Promise<void> {
  const isOne = sql.join(
    Object.entries(of).map(([column, value]) =>
      value === null ? sql`${sql.ref(column)} IS NULL` : sql`${sql.ref(column)} = ${value}`,
    ),
    sql` AND `,
  );
  await sql`
    DELETE FROM ${sql.table(table)} WHERE ${isOne} AND ${sql.ref(key)} NOT IN (
      SELECT ${sql.ref(key)} FROM ${sql.table(table)} WHERE ${isOne}
      ORDER BY ${sql.ref(at)} DESC, ${sql.ref(key)} LIMIT ${most})`.execute(tables);
}
