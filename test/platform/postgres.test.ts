import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { configFor, remarkOn } from '../../platform/store/postgres-connection.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { TestCa } from '../probes/support/test-ca.js';
import { freePort } from '../support/free-port.js';
import { freshDatabase, PostgresServer, postgresAvailable } from '../support/postgres.js';
import { unhandledRejections } from '../support/unhandled-rejections.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function open(url: string): Promise<SqlDatabase> {
  const database = await openPostgres(url);
  opened.push(database);
  return database;
}

async function ownServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start({ fsync: false });
  opened.push({ close: () => server.stop() });
  return server;
}

async function one(database: SqlDatabase): Promise<unknown> {
  const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(database.tables);
  return rows[0]?.one;
}

const storeError = (words: RegExp) =>
  expect.objectContaining({ code: 'ERR_STORE', message: expect.stringMatching(words) });

describe.runIf(postgresAvailable())('a PostgreSQL database', () => {
  it('says what to do when it cannot be used, and never its password', async () => {
    const url = await freshDatabase();
    const { password } = new URL(url);
    const port = await freePort();
    const wrong = { user: url.replace('platform:', 'nobody:'), name: `${url}_missing` };
    const cases: [string, RegExp][] = [
      [
        `postgres://platform:${password}@127.0.0.1:${port}/fleet`,
        new RegExp(`127.0.0.1:${port}, name fleet.*start PostgreSQL`),
      ],
      [`postgres://platform:${password}@nowhere.invalid/fleet`, /nowhere\.invalid:5432.*host name/],
      [wrong.user, /refuses this user and password/],
      [wrong.name, /does not exist: make it with createdb/],
      [`postgres://platform:${password}@127.0.0.1:no/fleet`, /cannot be read: it should be postgres:/],
    ];
    for (const [given, words] of cases) {
      const error: unknown = await openPostgres(given).catch((thrown: unknown) => thrown);
      expect(error).toEqual(storeError(words));
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(password);
    }
    const database = await open(url);
    const error: unknown = await sql`SELEC 1`.execute(database.tables).catch((thrown: unknown) => thrown);
    expect(error).toEqual(storeError(/failed: syntax error/));
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(password);
  });

  it('is reached by TLS when its URL says so, and the operator is told when it should', async () => {
    const ca = await TestCa.create();
    opened.push({ close: () => ca.remove() });
    const tls = await ca.issue('database', 'IP:127.0.0.1');
    const server = await PostgresServer.start({ fsync: false, tls });
    opened.push({ close: () => server.stop() });
    const url = await server.createDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-ca-'));
    opened.push({ close: () => rm(folder, { recursive: true }) });
    const file = join(folder, 'ca.crt');
    await writeFile(file, ca.cert);
    const isEncrypted = async (database: SqlDatabase) =>
      (
        await sql<{ ssl: boolean }>`SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`.execute(
          database.tables,
        )
      ).rows[0]?.ssl;

    const secure = await open(`${url}?sslmode=verify-full&sslrootcert=${file}`);
    expect([await isEncrypted(secure), secure.remark]).toEqual([true, null]);
    await secure.exclusively(async (tables) => sql`SELECT 1`.execute(tables));
    await secure.close();
    // An authority that nobody here knows.
    await expect(openPostgres(`${url}?sslmode=verify-full`)).rejects.toEqual(storeError(/certificate/));
    await expect(openPostgres(`${url}?sslmode=verify-full&sslrootcert=${file}.missing`)).rejects.toEqual(
      storeError(/^A file for the database's TLS cannot be read: ENOENT/),
    );
    const plain = await open(url);
    expect([await isEncrypted(plain), plain.remark]).toEqual([false, null]);
  });

  it.each([
    ['postgres://x@db.test/fleet', true],
    ['postgres://x@10.0.0.7/fleet', true],
    ['postgres://x@db.test/fleet?sslmode=disable', false],
    ['postgres://x@db.test/fleet?sslmode=verify-full', false],
    ['postgres://x@127.0.0.1/fleet', false],
    ['postgres://x@[::1]/fleet', false],
    ['postgres://x@localhost/fleet', false],
    ['postgres://x@/fleet?host=/run/postgresql', false],
  ])('%s: a word about encryption: %s', (url, isWarned) => {
    expect(remarkOn(pg, configFor(url)) !== null).toBe(isWarned);
  });

  it('says what to install when pg is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'pg'"));
    await expect(openPostgres('postgres://x@localhost/x', { load: missing })).rejects.toEqual(
      storeError(/`npm install pg`/),
    );
  });

  it('answers what was asked before it was closed, and refuses what is asked then', async () => {
    const database = await open(await freshDatabase());
    // More than there are connections.
    const asked = Array.from({ length: 30 }, () => one(database));
    await database.close();
    await database.close();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([1]));
    await expect(one(database)).rejects.toEqual(storeError(/closed/));
    await expect(database.exclusively(async () => 1)).rejects.toEqual(storeError(/closed/));
  });

  it('lets one process at a time do what must be done alone', async () => {
    const url = await freshDatabase();
    const [first, second] = [await open(url), await open(url)];
    let inside = 0;
    const alone = async () => {
      inside += 1;
      expect(inside).toBe(1);
      await new Promise((settle) => setTimeout(settle, 50));
      inside -= 1;
    };
    await Promise.all([first, second, first, second].map((database) => database.exclusively(alone)));
    await expect(first.exclusively(async () => Promise.reject(new Error('mine')))).rejects.toThrow('mine');
    await second.exclusively(alone);
  });

  it('is asked again when it has come back from a crash, and says so at once while it is away', async () => {
    const unhandled = unhandledRejections();
    const server = await ownServer();
    const database = await open(await server.createDatabase());
    await Promise.all(Array.from({ length: 10 }, () => one(database)));
    const halfway = database.tables.transaction().execute(async (transaction) => {
      await sql`SELECT 1`.execute(transaction);
      await server.crash();
      await sql`SELECT 1`.execute(transaction);
    });
    const slow = sql`SELECT pg_sleep(5)`.execute(database.tables);
    for (const { status } of await Promise.allSettled([halfway, slow])) expect(status).toBe('rejected');
    await expect(halfway).rejects.toEqual(storeError(/./));
    const startedAt = performance.now();
    await expect(one(database)).rejects.toEqual(storeError(/start PostgreSQL/));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await server.resume();
    expect(await one(database)).toBe(1);
    expect(unhandled).toEqual([]);
  });

  it('gives up a server that says nothing any more, and uses it when it speaks again', {
    tags: ['slow'],
  }, async () => {
    const server = await ownServer();
    const database = await open(await server.createDatabase());
    await Promise.all(Array.from({ length: 3 }, () => one(database)));
    await server.freeze();
    const startedAt = performance.now();
    // Three wait for an answer on a connection that was there; the others for a connection.
    const asked = await Promise.allSettled(Array.from({ length: 12 }, () => one(database)));
    expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 'rejected'));
    for (const outcome of asked)
      if (outcome.status === 'rejected')
        expect(outcome.reason).toEqual(storeError(/did not answer within 10 s|within 5 s|for 5 s/));
    expect(performance.now() - startedAt).toBeLessThan(16_000);
    server.thaw();
    expect(await one(database)).toBe(1);
  });

  it('can be closed while its server says nothing', { tags: ['slow'] }, async () => {
    const server = await ownServer();
    const database = await open(await server.createDatabase());
    await one(database);
    await server.freeze();
    const startedAt = performance.now();
    await database.close();
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    server.thaw();
  });

  it('takes the locks of a process back that was frozen within a transaction', {
    tags: ['slow'],
  }, async () => {
    const url = await freshDatabase();
    const [frozen, other] = [await open(url), await open(url)];
    await sql`CREATE TABLE held (n bigint)`.execute(other.tables);
    await sql`INSERT INTO held VALUES (1)`.execute(other.tables);
    const holding = frozen.tables.transaction().execute(async (transaction) => {
      await sql`SELECT * FROM held FOR UPDATE`.execute(transaction);
      await new Promise((settle) => setTimeout(settle, 7_000));
      await sql`UPDATE held SET n = 2`.execute(transaction);
    });
    holding.catch(() => {});
    await new Promise((settle) => setTimeout(settle, 200));
    await sql`UPDATE held SET n = 3`.execute(other.tables);
    await expect(holding).rejects.toEqual(storeError(/./));
    expect((await sql<{ n: string }>`SELECT n FROM held`.execute(other.tables)).rows).toEqual([{ n: '3' }]);
  });
});
