/** What every connection to PostgreSQL needs: limits in time, failures that say what to do, an end. */
import { Socket } from 'node:net';
import { codeOf, isLoopbackAddress, messageOf, NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import type pg from 'pg';

export type Pg = Pick<typeof pg, 'Client' | 'Pool'>;

/** Milliseconds for a new connection, and for a place among those of a pool. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Milliseconds after which the server gives up a statement. All of ours are short. */
const STATEMENT_TIMEOUT_MS = 8_000;
/** Milliseconds after which a server counts as gone that has not even given up the statement. */
const SILENCE_TIMEOUT_MS = 10_000;
/** Milliseconds for saying goodbye. */
const CLOSE_TIMEOUT_MS = 2_000;

/** For a connection whose statements are short. */
export const LIMITS: pg.ClientConfig = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  query_timeout: SILENCE_TIMEOUT_MS,
};

/** @param url - `postgres://user:password@host:port/database` */
export function configFor(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'iroh-net-diagnostics-platform',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  };
}

export async function importPg(): Promise<Pg> {
  return (await import('pg')).default;
}

/** @throws `ERR_STORE` when the package is missing */
export async function loadPg(load: typeof importPg): Promise<Pg> {
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

/** The sockets of some connections, so that none of them outlives what it was for. */
export class Sockets {
  readonly #open = new Set<Socket>();

  /** For the setting `stream` of a connection. */
  readonly create = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  };

  /** Waits until all are closed. A server that does not answer does not say goodbye either: then they are cut. */
  async closed(): Promise<void> {
    const timer = setTimeout(() => this.cut(), CLOSE_TIMEOUT_MS);
    await Promise.all(
      [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    );
    clearTimeout(timer);
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** Errors of `pg` itself have no codes. */
const SILENCE = 'Query read timeout';

/** Whether a statement was given up here: its answer may still come. */
export function isSilence(error: unknown): error is Error {
  return error instanceof Error && error.message === SILENCE;
}

/** Where the database is, without user and password. */
export function placeOf({ Client }: Pg, config: pg.ClientConfig): string {
  try {
    const { host, port, database } = new Client(config);
    const server = host.includes('/') ? host : `${host.includes(':') ? `[${host}]` : host}:${port}`;
    return `${server}, name ${database ?? ''}`;
  } catch (error) {
    // A certificate or a key that the text names.
    if (codeOf(error) !== 'ERR_INVALID_URL' && codeOf(error) !== 'ERROR')
      throw new NetDiagnosticsError(
        'ERR_STORE',
        `A file for the database's TLS cannot be read: ${messageOf(error)}.`,
        { cause: error },
      );
    // Without the cause, which may quote it.
    throw new NetDiagnosticsError(
      'ERR_STORE',
      'The database is given by a text that cannot be read: it should be postgres://user:password@host:port/name, with special characters written as %40 and the like.',
    );
  }
}

/** What the operator should know about how it is reached; `null`: nothing. Who named an `sslmode` knows. */
export function remarkOn({ Client }: Pg, config: pg.ClientConfig): string | null {
  const { host, ssl } = new Client(config);
  const isNear = host === 'localhost' || host.includes('/') || isLoopbackAddress(host);
  if (isNear || ssl || /[?&]sslmode=/.test(config.connectionString ?? '')) return null;
  return `What goes to the database at ${host} and back can be read on the way: add ?sslmode=verify-full, or ?sslmode=disable if you trust that network.`;
}

/** Does what may fail, and says `ERR_STORE` then, with what to do. */
export async function orStoreError<T>(place: string, work: () => Promise<T>): Promise<T> {
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
  '53300': 'has no connection left: each process of the platform needs up to 14; raise max_connections',
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
