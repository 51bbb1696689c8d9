import { codeOf, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import {
  type DatabaseConnection,
  type Driver,
  Kysely,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import type LibsqlDatabase from 'libsql';
import { storable } from './parameters.js';
import type { Tables } from './schema.js';
import type { OnStatement, SqlDatabase } from './sql-database.js';
import { statementLog } from './statement-log.js';

/** Compiled statements that are kept: the store has some hundred, besides those of filters. */
const MAX_STATEMENTS = 500;

/** The part of `libsql` (better-sqlite3's interface) that is used. */
type Connection = LibsqlDatabase.Database;

interface LibsqlOptions {
  /** Loads the package; for tests. */
  load?: typeof importLibsql;
  /** Gets each statement when it was answered. */
  onStatement?: OnStatement | undefined;
}

/**
 * Opens an SQLite database file, or one in memory for `':memory:'`.
 * @throws `ERR_STORE` when `libsql` cannot be loaded, the file is no database or another process has it open
 */
export async function openLibsql(
  path: string,
  { load = importLibsql, onStatement }: LibsqlOptions = {},
): Promise<SqlDatabase> {
  const Database = await loadLibsql(load);
  try {
    return new EmbeddedDatabase(connect(Database, path), path, onStatement);
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
      'The platform keeps its data with the package libsql, which cannot be loaded: run `npm install libsql`.',
      { cause: error },
    );
  }
}

function connect(Database: typeof LibsqlDatabase, path: string): Connection {
  const connection = new Database(path);
  try {
    // One owner: two platforms on one folder would be two endpoints with one identity. The lock dies with the process.
    connection.pragma('locking_mode = EXCLUSIVE');
    connection.pragma('journal_mode = WAL');
    // Every commit is on disk before it is answered: a kill -9 or a power cut loses nothing that was acknowledged.
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    // The lock is taken by the first write only: take it now.
    connection.exec('BEGIN IMMEDIATE; COMMIT');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

class EmbeddedDatabase implements SqlDatabase {
  readonly dialect = 'sqlite';
  readonly remark = null;
  readonly file: string | null;
  readonly tables: Kysely<Tables>;
  readonly #connection: Connection;
  /** Those that were used last, compiled. Filters make more than anybody could keep: one for each set of conditions. */
  readonly #statements = new Map<string, SqliteStatement>();
  #isOpen = true;

  constructor(connection: Connection, path: string, onStatement: OnStatement | undefined) {
    this.file = path === ':memory:' ? null : path;
    this.#connection = connection;
    this.tables = new Kysely({
      dialect: new EmbeddedDialect({
        database: { prepare: (sql) => this.#prepare(sql), close: () => this.#close() },
        isInTransaction: () => connection.inTransaction,
      }),
      ...statementLog(onStatement),
    });
  }

  exclusively<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    // No other process has the file open.
    return this.tables.connection().execute(work);
  }

  close(): Promise<void> {
    // Kysely's own `destroy` waits for nobody. There is one connection: who gets it has let all before it have it.
    return this.tables.connection().execute(async () => this.#close());
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    releaseLock(this.#connection);
    this.#connection.close();
  }

  #prepare(sql: string): SqliteStatement {
    if (!this.#isOpen) throw new NetDiagnosticsError('ERR_STORE', 'The store is closed.');
    const statement = this.#statements.get(sql) ?? prepare(this.#connection, sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    const [oldest] = this.#statements.keys();
    if (oldest !== undefined && this.#statements.size > MAX_STATEMENTS) this.#statements.delete(oldest);
    return statement;
  }
}

interface EmbeddedConfig extends SqliteDialectConfig {
  isInTransaction: () => boolean;
}

class EmbeddedDialect extends SqliteDialect {
  readonly #config: EmbeddedConfig;

  constructor(config: EmbeddedConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new QueueingDriver(this.#config);
  }
}

/**
 * Hands out the one connection in the order of asking. Kysely's own driver wakes all who wait each time that it is free:
 * with a thousand of them half a million wakings.
 */
class QueueingDriver extends SqliteDriver {
  /** Settles when the last who asked gives the connection back. */
  #last: Promise<void> = Promise.resolve();
  #giveBack: (() => void) | undefined;
  readonly #isInTransaction: () => boolean;

  constructor(config: EmbeddedConfig) {
    super(config);
    this.#isInTransaction = config.isInTransaction;
  }

  /** SQLite has rolled back by itself when the disk is full: to do it again would fail, and hide why. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#isInTransaction()) await super.rollbackTransaction(connection);
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#last;
    let giveBack: (() => void) | undefined;
    this.#last = new Promise((resolve) => {
      giveBack = resolve;
    });
    await before;
    this.#giveBack = giveBack;
    return super.acquireConnection();
  }

  override async releaseConnection(): Promise<void> {
    await super.releaseConnection();
    this.#giveBack?.();
  }
}

/** A statement that says `ERR_STORE` when it fails. */
function prepare(connection: Connection, sql: string): SqliteStatement {
  const statement = orStoreError(() => connection.prepare(sql));
  return {
    reader: statement.reader,
    all: (parameters) => orStoreError(() => statement.all(storable(parameters))),
    run: (parameters) => orStoreError(() => statement.run(storable(parameters))),
    iterate: (parameters) => orStoreError(() => statement.iterate(storable(parameters))),
  };
}

function orStoreError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError('The store failed', error);
  }
}

/** Closing alone keeps the file until the last statement is collected, and with it the lock. */
function releaseLock(connection: Connection): void {
  try {
    connection.pragma('journal_mode = DELETE');
    connection.pragma('locking_mode = NORMAL');
    connection.prepare('SELECT COUNT(*) FROM schema_version').all();
  } catch {
    // Everything is on disk already: the next start in another process finds it.
  }
}

function storeError(what: string, error: unknown): NetDiagnosticsError {
  const isLocked = codeOf(error) === 'SQLITE_BUSY';
  const why = isLocked ? 'another process has it open; stop that one first' : messageOf(error);
  return new NetDiagnosticsError('ERR_STORE', `${what}: ${why}.`, { cause: error });
}
