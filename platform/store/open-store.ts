import { join } from 'node:path';
import type { OnStatement, SqlDatabase } from './sql-database.js';
import type { SqlStore } from './sql-store.js';

/** Keeps everything in memory: for tests and demos. */
export const IN_MEMORY = ':memory:';
const POSTGRES_URL = /^postgres(?:ql)?:\/\//;

/** Whether a text names a PostgreSQL database; it may hold a password. */
export function isPostgresUrl(text: string): boolean {
  return POSTGRES_URL.test(text);
}

/**
 * Opens the store of a data folder that exists, one in memory, or one in a PostgreSQL database.
 * @param place - the folder, `':memory:'` or `postgres://…`
 * @param tell - gets sentences for the operator: how the database is reached, what was done to data of an earlier version
 * @param onStatement - gets each statement when it was answered. What it throws ends nothing
 * @throws `ERR_STORE`
 */
export async function openStore(
  place: string,
  tell?: (message: string) => void,
  onStatement?: OnStatement,
): Promise<SqlStore> {
  // Hundreds of files of the query builder: who only asks for help does not wait for them.
  const [database, { SqlStore }] = await Promise.all([
    openDatabase(place, { onStatement }),
    import('./sql-store.js'),
  ]);
  return SqlStore.open(database, tell);
}

/**
 * Opens what a store stands on.
 * @param options - `connections`: at most so many at a time, where there can be several. Default: enough for a store;
 * `onStatement`: as for {@link openStore}
 * @throws `ERR_STORE`
 */
export async function openDatabase(
  place: string,
  options: { connections?: number; onStatement?: OnStatement | undefined } = {},
): Promise<SqlDatabase> {
  if (isPostgresUrl(place)) return (await import('./postgres-driver.js')).openPostgres(place, options);
  const { openLibsql } = await import('./libsql-driver.js');
  return openLibsql(place === IN_MEMORY ? IN_MEMORY : join(place, 'platform.db'), options);
}
