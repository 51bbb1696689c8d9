import { Socket } from 'node:net';
import { messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import {
  Kysely,
  type PostgresCursor,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from 'kysely';
import type pg from 'pg';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

type Pg = Pick<typeof pg, 'Client' | 'Pool'>;

const MAX_CONNECTIONS = 10;
/** Milliseconds for a new connection, and for a place among {@link MAX_CONNECTIONS}. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds after which the server gives up a statement. All of ours are short. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** Milliseconds after which a server counts as gone that has not even given up the statement. */
const SILENCE_TIMEOUT_MS = 10_000;
/** Milliseconds after which the server takes back the locks of a transaction whose process says nothing: it is frozen or gone. */
const IDLE_TRANSACTION_TIMEOUT_MS = 5_000;
/** Milliseconds for saying goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;
/** Any number: who works exclusively holds the advisory lock of this name in its database. */
const EXCLUSIVE_LOCK = '7383401772104611';

/**
 * Connects to a PostgreSQL database.
 * @param url - `postgres://user:password@host:port/database`; no message ever contains it
 * @param load - loads the package; an argument for tests
 * @throws `ERR_STORE`, which says what to do
 */
export async function openPostgres(url: string, load = importPg): Promise<SqlDatabase> {
  const database = new PostgresDatabase(await loadPg(load), url);
  try {
    await database.assertUsable();
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function importPg(): Promise<Pg> {
  return (await import('pg')).default;
}

async function loadPg(load: typeof importPg): Promise<Pg> {
  try {
    return await load();
  } catch (error) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      'The platform speaks to PostgreSQL by the package pg, which cannot be loaded: run `npm install pg`.',
      { cause: error },
    );
  }
}

class PostgresDatabase implements SqlDatabase {
  readonly dialect = 'postgres';
  readonly tables: Kysely<Tables>;
  readonly #pg: Pg;
  readonly #config: pg.ClientConfig;
  readonly #pool: GuardedPool;

  constructor(pg: Pg, url: string) {
    this.#pg = pg;
    this.#config = {
      connectionString: url,
      application_name: 'iroh-net-diagnostics-platform',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    };
    this.#pool = new GuardedPool(pg, this.#config);
    this.tables = new Kysely({ dialect: new PostgresDialect({ pool: this.#pool }) });
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
    const client = new this.#pg.Client(this.#config);
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
      await client.end().catch(ignore);
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
  readonly #sockets = new Set<Socket>();
  /** Where the database is, without user and password. */
  readonly place: string;
  #inUse = 0;
  #isClosed = false;
  #ending: Promise<void> | undefined;
  #whenUnused: (() => void) | undefined;

  constructor(pg: Pg, config: pg.ClientConfig) {
    this.place = placeOf(pg, config);
    this.#pool = new pg.Pool({
      ...config,
      max: MAX_CONNECTIONS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: SILENCE_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      stream: () => this.#newSocket(),
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
    const closed = [...this.#sockets].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve)),
    );
    await this.#pool.end();
    // A server that does not answer does not say goodbye either.
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_TIMEOUT_MS);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #newSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
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
        return await this.#client.query(statement, [...parameters]);
      } catch (error) {
        if (error instanceof Error && error.message === SILENCE) this.#broken = error;
        throw error;
      }
    });
  }

  release(): void {
    this.#giveBack(this.#broken);
  }
}

/** Errors of `pg` itself have no codes. */
const SILENCE = 'Query read timeout';

function placeOf({ Client }: Pg, config: pg.ClientConfig): string {
  try {
    const { host, port, database } = new Client(config);
    const server = host.includes('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return `${server}, name ${database ?? ''}`;
  } catch {
    // Without the cause, which may quote it.
    throw new NetDiagnosticsError(
      'ERR_STORE',
      'The database is given by a text that cannot be read: it should be postgres://user:password@host:port/name, with special characters written as %40 and the like.',
    );
  }
}

async function orStoreError<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NetDiagnosticsError) throw error;
    throw new NetDiagnosticsError('ERR_STORE', `The database (${place}) ${failureOf(error)}.`, {
      cause: error,
    });
  }
}

/** What each failure means, by PostgreSQL's codes and those of the system. */
const FAILURES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is not there: start PostgreSQL, or correct its address (ECONNREFUSED)',
  ENOENT: 'is not there: start PostgreSQL, or correct the folder of its socket (ENOENT)',
  ENOTFOUND: 'has a host name that nobody knows (ENOTFOUND)',
  EAI_AGAIN: 'has a host name that cannot be looked up now (EAI_AGAIN)',
  '25006': 'is read-only: name the primary server',
  '28000': 'refuses this user: correct the user, or pg_hba.conf',
  '28P01': 'refuses this user and password',
  '3D000': 'does not exist: make it with createdb',
  '42501': 'does not allow that to this user: the database should belong to it',
  '53300': 'has no connection left: each process of the platform needs 12; raise max_connections',
  '57014': `took longer than ${STATEMENT_TIMEOUT_MS / 1000} s for a statement, and gave up`,
  '57P01': 'was shut down',
  '57P03': 'is starting or stopping: try again',
};

/** The same for the errors of `pg` itself. */
const FAILURES_BY_TEXT: Readonly<Record<string, string>> = {
  [SILENCE]: `did not answer within ${SILENCE_TIMEOUT_MS / 1000} s`,
  'timeout exceeded when trying to connect': `had no connection free for ${CONNECT_TIMEOUT_MS / 1000} s`,
  'timeout expired': `took no connection within ${CONNECT_TIMEOUT_MS / 1000} s`,
  'Connection terminated due to connection timeout': `took no connection within ${CONNECT_TIMEOUT_MS / 1000} s`,
};

function failureOf(error: unknown): string {
  const code = String((error as { code?: unknown } | null)?.code);
  const text = messageOf(error);
  return FAILURES[code] ?? FAILURES_BY_TEXT[text] ?? `failed: ${text}`;
}

function ignore(): void {}
