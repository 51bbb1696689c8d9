import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import type { PlatformEvent } from '../../lib/services/events.js';
import type { Platform } from '../../platform/index.js';
import { untilNobodyHolds } from '../../platform/store/holders.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { MIGRATIONS } from '../../platform/store/migrations/index.js';
import { openStore } from '../../platform/store/open-store.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { runChild } from '../support/child.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { entersMounts } from '../support/read-only.js';
import { endpointsOf, Stage } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

const LATEST = MIGRATIONS.length;
const RELAY = 'https://relay.test/';

async function unpacked(name: string): Promise<Buffer> {
  return gunzipSync(await readFile(new URL(`stores/${name}`, import.meta.url)));
}

/** What the platform of version 7 answered about its store, before it was stopped. */
async function version7Said(name: string) {
  const json = (await unpacked(name)).toString();
  return JSON.parse(json, (_key, value) =>
    typeof value?.bigint === 'string' ? BigInt(value.bigint) : value,
  );
}

/** A data folder as the program of version 7 left it: two apps with names, groups, reports and metrics; three secrets. */
async function version7(): Promise<string> {
  const folder = await stage.folder();
  const { key } = await version7Said('version-7.json.gz');
  await writeFile(join(folder, 'platform.db'), await unpacked('version-7.db.gz'), { mode: 0o600 });
  await writeFile(join(folder, 'secret.key'), key, { mode: 0o600 });
  return folder;
}

/** The same in a PostgreSQL database, with two identities. */
async function version7OnPostgres(): Promise<string> {
  const url = await freshDatabase();
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query((await unpacked('version-7.sql.gz')).toString());
  await client.end();
  return url;
}

async function expectAllOfVersion7(platform: Platform, name: string): Promise<void> {
  const { id, endpoints, secrets, reports, metrics } = await version7Said(name);
  expect(platform.id).toBe(id);
  expect(await endpointsOf(platform)).toMatchObject(endpoints);
  expect(await platform.apiSecrets()).toMatchObject(secrets);
  expect(endpoints).toHaveLength(2);
  const kept = { reports: [] as unknown[], metrics: [] as unknown[] };
  for (const endpoint of endpoints) {
    kept.reports.push(...(await platform.reports(endpoint.id)));
    kept.metrics.push(...(await platform.metrics(endpoint.id)));
  }
  expect(kept).toMatchObject({ reports, metrics });
  // Nobody saw what was not looked at then.
  expect(kept.reports).toMatchObject(reports.map(() => ({ sighting: null })));
  const newest = (await endpointsOf(platform)).map(({ latestReport }) => latestReport);
  expect(newest).toMatchObject(newest.map(() => ({ sighting: null, facts: { natTypeBy: 'report' } })));
}

/** All that is in an SQLite file: how its tables were made, and their rows. */
async function contentsOf(path: string): Promise<Record<string, unknown[]>> {
  const database = await openLibsql(path);
  try {
    const { rows: made } = await sql<{ name: string; type: string }>`
      SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name`.execute(database.tables);
    const contents: Record<string, unknown[]> = { made };
    for (const { name } of made.filter(({ type }) => type === 'table')) {
      const { rows } = await sql`SELECT * FROM ${sql.table(name)}`.execute(database.tables);
      contents[name] = rows.map((row) => JSON.stringify(row)).sort();
    }
    return contents;
  } finally {
    await database.close();
  }
}

/** What was told of the store. */
const warnings = () =>
  stage.events.flatMap((event: PlatformEvent) =>
    event.type === 'warning' && event.message.startsWith('The store') ? [event.message] : [],
  );

async function versionOf(database: SqlDatabase): Promise<number> {
  const { rows } = await sql<{ version: number | string }>`
    SELECT max(version) AS version FROM schema_version`.execute(database.tables);
  return Number(rows[0]?.version);
}

describe('a data folder of the earlier version', () => {
  it('is the same platform in this one, and the copy of before is the same in the earlier one', async () => {
    const folder = await version7();
    const before = await contentsOf(join(folder, 'platform.db'));
    const platform = await stage.platform({ dataDir: folder });
    await expectAllOfVersion7(platform, 'version-7.json.gz');
    const [copy = ''] = (await readdir(folder)).filter((name) => name.startsWith('platform.db.before-'));
    expect(warnings()).toEqual([
      `The store has schema version 7 and is brought to version ${LATEST} now. Programs that know less than ${LATEST} cannot open it afterwards. What it is before is in ${join(folder, copy)}.`,
      `The store has schema version ${LATEST} now.`,
    ]);
    await platform.stop();
    const after = await contentsOf(join(folder, copy));
    expect(after).toEqual(before);
    expect(after.schema_version).toHaveLength(7);
  });

  it.runIf(entersMounts())('is left as it is when the disk is full in the middle of it', async () => {
    const folder = await version7();
    // Room for the copy, and for a part of what changes.
    const script = `mkdir "$0/disk" && mount -t tmpfs -o size=450k,mode=700 tmpfs "$0/disk" && cp "$0/platform.db" "$0/disk" && exec "$@"`;
    const { stdout, stderr } = await runChild(
      `import { openLibsql } from './platform/store/libsql-driver.js';
       import { openStore } from './platform/store/open-store.js';
       import { sql } from 'kysely';
       const folder = process.argv[2];
       const error = await openStore(folder).catch((error) => error);
       console.log(error.code, error.message);
       const database = await openLibsql(folder + '/platform.db');
       const { rows } = await sql\`SELECT max(version) AS version FROM schema_version\`.execute(database.tables);
       const { rows: reports } = await sql\`SELECT id FROM reports\`.execute(database.tables);
       console.log(JSON.stringify(rows), reports.length);
       await database.close();`,
      { args: [join(folder, 'disk')], enter: ['unshare', '-m', 'sh', '-c', script, folder] },
    );
    expect({ stderr, lines: stdout.trim().split('\n') }).toEqual({
      stderr: '',
      lines: [
        expect.stringMatching(
          /^ERR_STORE The store could not be brought from schema version 7 .*full.* It is what it was: /,
        ),
        '[{"version":7}] 2',
      ],
    });
  });
});

describe.runIf(postgresAvailable())('a PostgreSQL database of the earlier version', () => {
  it('is the same platform in this one, which says before that only a dump leads back', async () => {
    const database = await version7OnPostgres();
    const folder = await stage.folder();
    const { platformKey } = await version7Said('version-7-postgres.json.gz');
    const platformKeyFile = join(folder, 'platform.key');
    await writeFile(platformKeyFile, platformKey, { mode: 0o600 });
    const platform = await stage.platform({ dataDir: folder, database, platformKeyFile, relays: [RELAY] });
    await expectAllOfVersion7(platform, 'version-7-postgres.json.gz');
    expect(warnings()).toEqual([
      `The store has schema version 7 and is brought to version ${LATEST} now. Programs that know less than ${LATEST} cannot open it afterwards. The way back is the copy that you have made of the database (pg_dump).`,
      `The store has schema version ${LATEST} now.`,
    ]);
  });

  it('is left as it is when a step fails, and can be brought up to date when its cause is gone', async () => {
    const url = await version7OnPostgres();
    const database = await openPostgres(url);
    try {
      // The name of a table that the next version makes.
      await sql`CREATE TABLE users (mine BIGINT)`.execute(database.tables);
      await expect(openStore(url)).rejects.toMatchObject({
        code: 'ERR_STORE',
        message: expect.stringMatching(/^The store could not be brought .*users.* It is what it was: /),
      });
      expect(await versionOf(database)).toBe(7);
      await sql`DROP TABLE users`.execute(database.tables);
      await (await openStore(url)).close();
      expect(await versionOf(database)).toBe(LATEST);
    } finally {
      await database.close();
    }
  });

  it('waits for processes of that version that stop, and leaves it to those that do not', async () => {
    const url = await version7OnPostgres();
    const database = await openPostgres(url);
    const beat = () =>
      sql`UPDATE identities SET holder = 'earlier', beat = beat + 1`.execute(database.tables);
    const release = () => sql`UPDATE identities SET holder = NULL`.execute(database.tables);
    await beat();
    const alive = setInterval(() => void beat(), 300);
    try {
      const told: string[] = [];
      await expect(
        untilNobodyHolds(database.tables, (message) => told.push(message), 1_500),
      ).rejects.toMatchObject({ code: 'ERR_STORE', message: expect.stringMatching(/stop all of them/) });
      expect(told).toEqual([expect.stringMatching(/a process of that version held it a moment ago/)]);

      const opening = openStore(url, (message) => told.push(message));
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(await versionOf(database)).toBe(7);
      clearInterval(alive);
      await release();
      await (await opening).close();
      expect(await versionOf(database)).toBe(LATEST);
    } finally {
      clearInterval(alive);
      await database.close();
    }
  });

  it('is brought up to date although a process of that version was killed, once it is sure to be gone', {
    tags: ['slow'],
  }, async () => {
    const url = await version7OnPostgres();
    const database = await openPostgres(url);
    await sql`UPDATE identities SET holder = 'killed'`.execute(database.tables);
    const startedAt = performance.now();
    await (await openStore(url)).close();
    expect(performance.now() - startedAt).toBeGreaterThan(6_000);
    expect(await versionOf(database)).toBe(LATEST);
    await database.close();
  });
});
