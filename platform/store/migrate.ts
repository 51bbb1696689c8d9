import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import { MIGRATIONS, MigrationSql, VERSION_TABLE } from './migrations/index.js';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

/**
 * Brings the tables up to date, one version per transaction.
 * @throws `ERR_STORE` when the store was written by a newer version
 */
export async function migrate({ tables, dialect }: SqlDatabase): Promise<void> {
  await sql.raw(VERSION_TABLE).execute(tables);
  const row = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  const present = Number(row?.version ?? 0);
  if (present > MIGRATIONS.length) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The store has schema version ${present}, this program knows ${MIGRATIONS.length}: run the newer version again.`,
    );
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < present) continue;
    await tables.transaction().execute(async (transaction: Kysely<Tables>) => {
      await migration(new MigrationSql(transaction as unknown as Kysely<unknown>, dialect));
      await transaction
        .insertInto('schema_version')
        .values({ version: index + 1 })
        .execute();
    });
  }
}
