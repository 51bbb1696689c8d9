import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import {
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';
import { storable } from './parameters.js';
import {
  configFor,
  importPg,
  isSilence,
  LIMITS,
  loadPg,
  orStoreError,
  type Pg,
  placeOf,
  remarkOn,
  Sockets,
} from './postgres-connection.js';
import type { Tables } from './schema.js';
import type { OnStatement, SqlDatabase } from './sql-database.js';
import { statementLog } from './statement-log.js';

const CONNECTIONS = 10;
/** Milliseconds after which the server takes back the locks of a transaction whose process says nothing: it is frozen or gone. */
const IDLE_TRANSACTION_TIMEOUT_MS = 5_000;
/** Any number: who works exclusively holds the advisory lock of this name in its database. */
const EXCLUSIVE_LOCK = '7383401772104611';

interface PostgresOptions {
  /** At most so many at a time, without that of who works exclusively. */
  connections?: number | undefined;
  /** Loads the package; for tests. */
  load?: typeof importPg;
  /** Gets each statement of {@link SqlDatabase.tables} when it was answered. */
  onStatement?: OnStatement | undefined;
}

/**
 * Connects to a PostgreSQL database.
 * @param url - `postgres://user:password@host:port/database`; no message ever contains it
 * @throws `ERR_STORE`, which says what to do
 */
export async function openPostgres(
  url: string,
  { connections = CONNECTIONS, load = importPg, onStatement }: PostgresOptions = {},
): Promise<SqlDatabase> {
  const database = new PostgresDatabase(await loadPg(load), url, connections, onStatement);
  try {
    await database.assertUsable();
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

class PostgresDatabase implements SqlDatabase {
  readonly dialect = 'postgres';
  readonly file = null;
  readonly remark: string | null;
  readonly tables: Kysely<Tables>;
  readonly #pg: Pg;
  readonly #config: pg.ClientConfig;
  readonly #pool: GuardedPool;

  constructor(pg: Pg, url: string, connections: number, onStatement: OnStatement | undefined) {
    this.#pg = pg;
    this.#config = configFor(url);
    this.#pool = new GuardedPool(pg, this.#config, connections);
    this.remark = remarkOn(pg, this.#config);
    this.tables = new Kysely({
      dialect: new PostgresDialect({ pool: this.#pool }),
      ...statementLog(onStatement),
    });
  }

  async assertUsable(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      const { rows } = await client.query<{ server_encoding: string }>('SHOW server_encoding', []);
      const encoding = rows[0]?.server_encoding;
      if (encoding === 'UTF8') return;
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `The database at ${this.#pool.place} keeps text as ${encoding}: make one with createdb --encoding=UTF8 --template=template0.`,
      );
    } finally {
      client.release();
    }
  }

  async exclusively<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    const leave = this.#pool.enter();
    // Its own connection: those of the pool may wait for nothing that long.
    const sockets = new Sockets();
    const client = new this.#pg.Client({ ...this.#config, stream: sockets.create });
    client.on('error', ignore);
    const { place } = this.#pool;
    const guarded = new GuardedClient(client, place, () => {});
    try {
      await orStoreError(place, () => client.connect());
      await guarded.query('SELECT pg_advisory_lock($1)', [EXCLUSIVE_LOCK]);
      const pool: PostgresPool = { connect: async () => guarded, end: async () => {} };
      return await work(new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) }));
    } finally {
      // The lock ends with the connection.
      client.end().catch(ignore);
      await sockets.closed();
      leave();
    }
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** The pool, with failures that say what to do, and an end that waits for those who were there before. */
class GuardedPool implements PostgresPool {
  readonly #pool: pg.Pool;
  readonly #sockets = new Sockets();
  /** Where the database is, without user and password. */
  readonly place: string;
  #inUse = 0;
  #isClosed = false;
  #ending: Promise<void> | undefined;
  #whenUnused: (() => void) | undefined;

  constructor(pg: Pg, config: pg.ClientConfig, max: number) {
    this.place = placeOf(pg, config);
    this.#pool = new pg.Pool({
      ...config,
      max,
      ...LIMITS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      stream: this.#sockets.create,
    });
    // An idle connection that breaks is replaced when somebody needs one. Without a listener it would end the process.
    this.#pool.on('error', ignore);
    // The same for one that breaks between two statements of a transaction: the next statement says so.
    this.#pool.on('connect', (client) => client.on('error', ignore));
  }

  /** Keeps the pool open until what this gives back is called. */
  enter(): () => void {
    if (this.#isClosed) throw new NetDiagnosticsError('ERR_STORE', 'The store is closed.');
    this.#inUse += 1;
    return () => {
      this.#inUse -= 1;
      if (this.#inUse === 0) this.#whenUnused?.();
    };
  }

  async connect(): Promise<GuardedClient> {
    const leave = this.enter();
    try {
      const client = await orStoreError(this.place, () => this.#pool.connect());
      return new GuardedClient(client, this.place, (error) => {
        client.release(error);
        leave();
      });
    } catch (error) {
      leave();
      throw error;
    }
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    // The query builder asks for a connection a few promises after it was asked itself.
    await new Promise((resolve) => setImmediate(resolve));
    this.#isClosed = true;
    if (this.#inUse > 0) {
      await new Promise<void>((resolve) => {
        this.#whenUnused = resolve;
      });
    }
    await this.#pool.end();
    await this.#sockets.closed();
  }
}

/** A connection, with failures that say what to do. */
class GuardedClient implements PostgresPoolClient {
  readonly #client: pg.ClientBase;
  readonly #place: string;
  readonly #giveBack: (error: Error | undefined) => void;
  /** Set when its statement was given up here: its answer may still come, and nobody else may get that. */
  #broken: Error | undefined;

  constructor(client: pg.ClientBase, place: string, giveBack: (error: Error | undefined) => void) {
    this.#client = client;
    this.#place = place;
    this.#giveBack = giveBack;
  }

  query<Row>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(statement: PostgresCursor<Row>): PostgresCursor<Row>;
  query(statement: string | PostgresCursor<unknown>, parameters: readonly unknown[] = []): unknown {
    if (typeof statement !== 'string') throw new Error('No cursor was configured.');
    return orStoreError(this.#place, async () => {
      if (this.#broken !== undefined) throw this.#broken;
      try {
        return await this.#client.query(statement, storable(parameters));
      } catch (error) {
        if (isSilence(error)) this.#broken = error;
        throw error;
      }
    });
  }

  release(): void {
    this.#giveBack(this.#broken);
  }
}

function ignore(): void {}
