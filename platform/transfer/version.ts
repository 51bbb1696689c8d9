import { type Kysely, sql } from 'kysely';
import type { Tables } from '../store/schema.js';
import type { SqlDatabase } from '../store/sql-database.js';

/** The number of the last migration that a database has been through; 0: none of ours, so it has no table of ours. */
export async function versionOf(dialect: SqlDatabase['dialect'], tables: Kysely<Tables>): Promise<number> {
  const { rows } =
    dialect === 'postgres'
      ? await sql`SELECT 1 WHERE to_regclass('schema_version') IS NOT NULL`.execute(tables)
      : await sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'`.execute(
          tables,
        );
  if (rows.length === 0) return 0;
  const row = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}
