import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import { backUp } from './backup-before-migration.js';
import { MIGRATIONS, MigrationSql, VERSION_TABLE } from './migrations/index.js';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

/**
 * Brings the tables up to date, one version per transaction. Of several processes that start at once one does it, and the
 * others wait. A file with data in it is copied before.
 * @param tell - gets a sentence about what was done to data that were there
 * @throws `ERR_STORE` when the store was written by a newer version, or cannot be copied: then nothing was changed
 */
export async function migrate(
  database: SqlDatabase,
  tell: (message: string) => void = () => {},
): Promise<void> {
  const { dialect, file } = database;
  await database.exclusively(async (tables) => {
    await sql.raw(VERSION_TABLE).execute(tables);
    const present = await versionOf(tables);
    const wanted = MIGRATIONS.length;
    if (present > wanted) {
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `The store has schema version ${present}, this program knows ${wanted}: run the newer version again.`,
      );
    }
    if (present === wanted) return;
    const copy = present > 0 && file !== null ? await backUp(tables, file, wanted) : null;
    for (const [index, migration] of MIGRATIONS.entries()) {
      if (index < present) continue;
      await tables.transaction().execute(async (transaction) => {
        await migration(new MigrationSql(transaction as unknown as Kysely<unknown>, dialect));
        await transaction
          .insertInto('schema_version')
          .values({ version: index + 1 })
          .execute();
      });
    }
    if (present === 0) return;
    const kept = copy === null ? '' : ` What it was before is in ${copy}.`;
    tell(`The store was brought from version ${present} to version ${wanted}.${kept}`);
  });
}

async function versionOf(tables: Kysely<Tables>): Promise<number> {
  const row = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}
