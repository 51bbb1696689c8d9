import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import { backUp } from './backup-before-migration.js';
import { untilNobodyHolds } from './holders.js';
import { LEASES_SINCE, MIGRATIONS, type Migration, MigrationSql, VERSION_TABLE } from './migrations/index.js';
import type { Tables } from './schema.js';
import type { Dialect, SqlDatabase } from './sql-database.js';

/**
 * Brings the tables up to date, in one transaction: whatever fails, they are what they were, and the earlier version can go on.
 * Of several processes that start at once one does it, and the others wait. A file with data in it is copied before.
 * @param tell - gets sentences about what is going to be done, and was done, to data that were there
 * @throws `ERR_STORE` when the store was written by a newer version, processes of an earlier one still work with it, it cannot be
 * copied, or a step fails: then nothing was changed
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
    const steps = MIGRATIONS.slice(present);
    if (present === 0) return bring(tables, dialect, steps, present);
    // A file has one process at a time, by its lock.
    if (dialect === 'postgres' && present >= LEASES_SINCE) await untilNobodyHolds(tables, tell);
    const copy = file === null ? null : await backUp(tables, file, wanted);
    tell(
      `The store has schema version ${present} and is brought to version ${wanted} now. Programs that know less than ${wanted} cannot open it afterwards. ${wayBack(database, copy)}`,
    );
    try {
      await bring(tables, dialect, steps, present);
    } catch (error) {
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `The store could not be brought from schema version ${present} to version ${wanted} (${messageOf(error)}). It is what it was: the earlier version of this program can go on with it.`,
        { cause: error },
      );
    }
    tell(`The store has schema version ${wanted} now.`);
  });
}

function bring(
  tables: Kysely<Tables>,
  dialect: Dialect,
  steps: readonly Migration[],
  present: number,
): Promise<void> {
  return tables.transaction().execute(async (transaction) => {
    for (const [index, step] of steps.entries()) {
      await step(new MigrationSql(transaction as unknown as Kysely<unknown>, dialect));
      await transaction
        .insertInto('schema_version')
        .values({ version: present + index + 1 })
        .execute();
    }
  });
}

function wayBack({ dialect }: SqlDatabase, copy: string | null): string {
  if (copy !== null) return `What it is before is in ${copy}.`;
  return dialect === 'postgres'
    ? 'The way back is the copy that you have made of the database (pg_dump).'
    : 'There is no copy of it.';
}

async function versionOf(tables: Kysely<Tables>): Promise<number> {
  const row = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  return Number(row?.version ?? 0);
}
