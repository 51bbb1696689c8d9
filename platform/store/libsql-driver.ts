import { codeOf, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type LibsqlDatabase from 'libsql';
import type { SqlDriver, SqlRow, SqlStatement } from './sql-driver.js';

/** The part of `libsql` (better-sqlite3's interface) that is used. */
type Database = LibsqlDatabase.Database;
type Statement = LibsqlDatabase.Statement<unknown[]>;

/**
 * Opens an SQLite database file, or one in memory for `':memory:'`.
 * @param load - loads the package; an argument for tests
 * @throws `ERR_STORE` when `libsql` is not installed, the file is no database or another process has it open
 */
export async function openLibsql(path: string, load = importLibsql): Promise<SqlDriver> {
  const Database = await loadLibsql(load);
  try {
    return new LibsqlDriver(openDatabase(Database, path));
  } catch (error) {
    throw storeError(`The store ${path} cannot be opened`, error);
  }
}

async function importLibsql(): Promise<typeof LibsqlDatabase> {
  return (await import('libsql')).default;
}

async function loadLibsql(load: typeof importLibsql): Promise<typeof LibsqlDatabase> {
  try {
    return await load();
  } catch (error) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      'The platform keeps its data with the optional package libsql, which cannot be loaded: run `npm install libsql`.',
      { cause: error },
    );
  }
}

function openDatabase(Database: typeof LibsqlDatabase, path: string): Database {
  const database = new Database(path);
  try {
    // One owner: two platforms on one folder would be two endpoints with one identity. The lock dies with the process.
    database.pragma('locking_mode = EXCLUSIVE');
    database.pragma('journal_mode = WAL');
    // Every commit is on disk before it is answered: a kill -9 or a power cut loses nothing that was acknowledged.
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    // The lock is taken by the first write only: take it now.
    database.exec('BEGIN IMMEDIATE; COMMIT');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

class LibsqlDriver implements SqlDriver {
  readonly #database: Database;
  /** The store's statements are a fixed set: each is compiled once. */
  readonly #statements = new Map<string, Statement>();
  #isOpen = true;

  constructor(database: Database) {
    this.#database = database;
  }

  async all(...[sql, ...params]: SqlStatement): Promise<SqlRow[]> {
    return this.#guard(() => this.#prepare(sql).all(...params) as SqlRow[]);
  }

  async run(...[sql, ...params]: SqlStatement): Promise<number> {
    return this.#guard(() => this.#prepare(sql).run(...params).changes);
  }

  async batch(statements: readonly SqlStatement[]): Promise<void> {
    this.#guard(() => {
      this.#database.transaction(() => {
        for (const [sql, ...params] of statements) this.#prepare(sql).run(...params);
      })();
    });
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    releaseLock(this.#database);
    this.#database.close();
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #guard<T>(work: () => T): T {
    if (!this.#isOpen) throw new NetDiagnosticsError('ERR_STORE', 'The store is closed.');
    try {
      return work();
    } catch (error) {
      throw storeError('The store failed', error);
    }
  }
}

/** Closing alone keeps the file until the last statement is collected, and with it the lock. */
function releaseLock(database: Database): void {
  try {
    database.pragma('journal_mode = DELETE');
    database.pragma('locking_mode = NORMAL');
    database.prepare('SELECT COUNT(*) FROM schema_version').all();
  } catch {
    // Everything is on disk already: the next start in another process finds it.
  }
}

function storeError(what: string, error: unknown): NetDiagnosticsError {
  const isLocked = codeOf(error) === 'SQLITE_BUSY';
  const why = isLocked ? 'another process has it open; stop that one first' : messageOf(error);
  return new NetDiagnosticsError('ERR_STORE', `${what}: ${why}.`, { cause: error });
}
