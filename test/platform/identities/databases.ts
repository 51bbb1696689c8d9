import { randomBytes } from 'node:crypto';
import { SecretKey } from '../../../lib/wire/index.js';
import { openLibsql } from '../../../platform/store/libsql-driver.js';
import { migrate } from '../../../platform/store/migrate.js';
import { openPostgres } from '../../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../../platform/store/sql-database.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';

export const mayPostgres = postgresAvailable();

/** Databases of one test; `close` in an `afterEach`. */
export class Databases {
  readonly #open: SqlDatabase[] = [];

  /** An empty one with all tables. */
  async make(dialect: SqlDatabase['dialect']): Promise<SqlDatabase> {
    return dialect === 'sqlite'
      ? this.#add(await openLibsql(':memory:'))
      : this.postgres(await freshDatabase());
  }

  /** Another process's view of the same one. */
  async postgres(url: string): Promise<SqlDatabase> {
    return this.#add(await openPostgres(url));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.splice(0).map((database) => database.close()));
  }

  async #add(database: SqlDatabase): Promise<SqlDatabase> {
    this.#open.push(database);
    await migrate(database);
    return database;
  }
}

export const newIdentity = () => SecretKey.fromBytes(randomBytes(32));

/** Endpoints as sessions leave them. */
export async function addEndpoints(
  { tables }: SqlDatabase,
  count: number,
  { identity, isOnline = 1, seenAt = 1 }: { identity: string; isOnline?: number; seenAt?: number },
): Promise<void> {
  const rows = Array.from({ length: count }, (_, index) => ({
    ...{ project: 'default', id: `${identity}-${isOnline}-${seenAt}-${index}`, identity, name_key: '' },
    ...{ issuer: 'issuer', first_seen_at: 1, last_seen_at: seenAt, is_online: isOnline },
    ...{ report_count: 0, stored_bytes: 0 },
  }));
  await tables.insertInto('endpoints').values(rows).execute();
}
