import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Kysely, sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PROJECT } from '../../lib/services/records.js';
import { reportFacts } from '../../lib/services/report-facts.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { MIGRATIONS, MigrationSql } from '../../platform/store/migrations/index.js';
import { openStore } from '../../platform/store/open-store.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlStore } from '../../platform/store/sql-store.js';
import { runChild } from '../support/child.js';
import { madeUpId } from '../support/ids.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { entersMounts } from '../support/read-only.js';
import { refOf, Stage } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

const PLATFORM = madeUpId('f'.repeat(64));

/** A data folder of version 3, as the last release before it wrote it: two apps with grants, reports and metrics. */
async function version3(): Promise<string> {
  const folder = await stage.folder();
  await writeFile(join(folder, 'platform.db'), await unpacked('version-3.db.gz'), { mode: 0o600 });
  return folder;
}

/** What that version answered about it. */
async function version3Said() {
  const json = (await unpacked('version-3.json.gz')).toString();
  return JSON.parse(json, (_key, value) =>
    typeof value?.bigint === 'string' ? BigInt(value.bigint) : value,
  );
}

async function unpacked(name: string): Promise<Buffer> {
  return gunzipSync(await readFile(new URL(`stores/${name}`, import.meta.url)));
}

async function expectAllOfVersion3(store: SqlStore): Promise<void> {
  await store.adoptIdentity(PLATFORM);
  const said = await version3Said();
  const own = { project: DEFAULT_PROJECT, identity: PLATFORM };
  expect(await store.setting('port')).toBe(said.port);
  expect(await store.apiSecrets(DEFAULT_PROJECT)).toEqual(
    said.secrets.map((one: object) => ({ ...one, ...own })),
  );
  const { endpoints } = await store.endpoints({ project: DEFAULT_PROJECT }, 0);
  expect(endpoints).toHaveLength(2);
  for (const [index, before] of said.endpoints.entries()) {
    const [newest] = said.reports.filter(
      ({ endpointId }: { endpointId: string }) => endpointId === before.id,
    );
    expect(endpoints[index]).toMatchObject({
      ...before,
      ...own,
      isOnline: false,
      grant: { caps: ['net-diagnostics:get-any'] },
      latestReport: { id: newest.id, facts: reportFacts(newest.report, null) },
    });
    const ref = refOf(before.id);
    const ofThis = ({ endpointId }: { endpointId: string }) => endpointId === before.id;
    expect(
      (await store.grants(ref, PLATFORM)).map((grant) => ({
        ...grant,
        token: Buffer.from(grant.token).toString('hex'),
      })),
    ).toEqual(said.grants.filter(ofThis).map((one: object) => ({ ...one, ...own })));
    const project = DEFAULT_PROJECT;
    expect(await store.reports(ref, { limit: 99 })).toEqual(
      said.reports.filter(ofThis).map((one: object) => ({ ...one, project, sighting: null })),
    );
    expect(await store.metricsSessions(ref)).toEqual(
      said.metrics.filter(ofThis).map((one: object) => ({ ...one, project })),
    );
  }
}

const BACKUP = /^platform\.db\.before-v\d+-\d{8}T\d{9}Z$/;
const backupsIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => BACKUP.test(name)).sort();

describe('a store of an earlier version', () => {
  it('is brought up to date with all that is in it', async () => {
    const store = await openStore(await version3());
    await expectAllOfVersion3(store);
    await store.close();
  });

  it('shows no text of a stranger that could look like something else, as it shows none of today', async () => {
    const folder = await version3();
    const before = await openLibsql(join(folder, 'platform.db'));
    const odd = `1.0\u202e\n${'x'.repeat(10_000)}`;
    await sql`UPDATE reports SET report = json_set(report, '$.irohVersion', ${odd})`.execute(before.tables);
    await before.close();
    const store = await openStore(folder);
    await store.adoptIdentity(PLATFORM);
    const { endpoints } = await store.endpoints({ project: DEFAULT_PROJECT }, 0);
    expect(endpoints.map(({ latestReport }) => latestReport?.facts.irohVersion)).toEqual(
      Array(2).fill(expect.stringMatching(/^1\.0\ufffdx{50,60}$/)),
    );
    await store.close();
  });

  it('is copied before, for its owner alone, and the operator is told where', async () => {
    const folder = await version3();
    const told: string[] = [];
    const store = await openStore(folder, (message) => told.push(message));
    await store.putSetting('port', 'another');
    await store.close();
    const [backup = ''] = await backupsIn(folder);
    expect(told).toEqual([
      `The store has schema version 3 and is brought to version ${MIGRATIONS.length} now. Programs that know less than ${MIGRATIONS.length} cannot open it afterwards. What it is before is in ${join(folder, backup)}.`,
      `The store has schema version ${MIGRATIONS.length} now.`,
    ]);
    expect((await stat(join(folder, backup))).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['platform.db', backup]);

    const restored = await stage.folder();
    await cp(join(folder, backup), join(restored, 'platform.db'));
    const again = await openStore(restored);
    await expectAllOfVersion3(again);
    await again.close();
    // Nothing to do, nothing to copy, nothing to tell.
    await (await openStore(folder, (message) => told.push(message))).close();
    expect(told).toHaveLength(2);
    expect(await backupsIn(folder)).toEqual([backup]);
  });

  it('leaves three copies, those made last', async () => {
    const folder = await version3();
    const old = ['v10-20260101T000000000Z', 'v2-20260301T000000000Z', 'v3-20260201T000000000Z'];
    for (const name of old) await writeFile(join(folder, `platform.db.before-${name}`), '');
    // A start that broke off.
    await writeFile(join(folder, 'platform.db.unfinished'), 'half');
    await writeFile(join(folder, 'platform.db.before-my-holiday'), 'mine');
    await (await openStore(folder)).close();
    const left = await backupsIn(folder);
    expect(left).toHaveLength(3);
    expect(left).toEqual(expect.arrayContaining(old.slice(1).map((name) => `platform.db.before-${name}`)));
    expect(await readdir(folder)).toContain('platform.db.before-my-holiday');
    expect(await readdir(folder)).not.toContain('platform.db.unfinished');
  });

  it('is left as it is when it cannot be brought up to date: all steps are done, or none', async () => {
    const folder = await version3();
    const database = await openLibsql(join(folder, 'platform.db'));
    // Version 4 begins with other tables.
    await sql`ALTER TABLE metrics RENAME TO hidden`.execute(database.tables);
    await database.close();
    await expect(openStore(folder)).rejects.toMatchObject({ code: 'ERR_STORE' });
    const again = await openLibsql(join(folder, 'platform.db'));
    const { rows } = await sql`SELECT max(version) AS version FROM schema_version`.execute(again.tables);
    expect(rows).toEqual([{ version: 3 }]);
    await sql`ALTER TABLE hidden RENAME TO metrics`.execute(again.tables);
    await again.close();
    const store = await openStore(folder);
    await expectAllOfVersion3(store);
    await store.close();
  });

  it.runIf(entersMounts())(
    'is left as it is when there is no room for its copy, and can still be used',
    async () => {
      const folder = await version3();
      const disk = join(folder, 'disk');
      await mkdir(disk);
      const script = `mount -t tmpfs -o size=160k,mode=700 tmpfs "$0/disk" && cp "$0/platform.db" "$0/disk" && exec "$@"`;
      const { stdout, stderr } = await runChild(
        `import { readdirSync } from 'node:fs';
       import { type Kysely, sql } from 'kysely';
       import { openLibsql } from './platform/store/libsql-driver.js';
       import { openStore } from './platform/store/open-store.js';
       const folder = process.argv[2];
       const error = await openStore(folder).catch((error) => error);
       console.log(error.code, error.message.replaceAll(folder, 'DISK'));
       const database = await openLibsql(folder + '/platform.db');
       const { rows } = await sql\`SELECT max(version) AS version FROM schema_version\`.execute(database.tables);
       const { rows: reports } = await sql\`SELECT report FROM reports\`.execute(database.tables);
       console.log(JSON.stringify(rows), reports.length);
       await database.close();
       console.log(readdirSync(folder).join(' '));`,
        { args: [disk], enter: ['unshare', '-m', 'sh', '-c', script, folder] },
      );
      expect({ stderr, lines: stdout.trim().split('\n') }).toEqual({
        stderr: '',
        lines: [
          expect.stringMatching(
            /^ERR_STORE The store DISK\/platform\.db was left as it is: .*full.*Make room for it/,
          ),
          '[{"version":3}] 7',
          'platform.db',
        ],
      });
    },
  );
});

describe.runIf(postgresAvailable())('an empty PostgreSQL database', () => {
  it('gets its tables once, however many processes start at the same time', async () => {
    const url = await freshDatabase();
    const program = `import { openStore } from './platform/store/open-store.js';
      const store = await openStore(process.argv[2]);
      await store.putSetting(process.argv[3], 'here');
      await store.close();
      console.log('done');`;
    const processes = ['one', 'two', 'three'].map((name) => runChild(program, { args: [url, name] }));
    for (const { stdout, stderr } of await Promise.all(processes))
      expect({ stdout, stderr }).toEqual({ stdout: 'done\n', stderr: '' });
    // And as close together as it can be.
    const crowded = await freshDatabase();
    const stores = await Promise.all(Array.from({ length: 6 }, () => openStore(crowded)));
    await Promise.all(stores.map((store) => store.close()));
    for (const one of [url, crowded]) {
      const database = await openPostgres(one);
      const { rows } = await sql`SELECT version::int FROM schema_version ORDER BY version`.execute(
        database.tables,
      );
      expect(rows).toEqual(MIGRATIONS.map((_, index) => ({ version: index + 1 })));
      await database.close();
    }
  });

  it('compares all its texts by their bytes, whatever the language of the server is', async () => {
    const url = await freshDatabase();
    await (await openStore(url)).close();
    const database = await openPostgres(url);
    const { rows } = await sql`SELECT table_name, column_name FROM information_schema.columns
      WHERE table_schema = 'public' AND data_type <> 'bigint' AND data_type <> 'smallint'
        AND (data_type <> 'text' OR collation_name IS DISTINCT FROM 'C')`.execute(database.tables);
    expect(rows).toEqual([]);
    await database.close();
  });
});

describe.each(postgresAvailable() ? ['sqlite', 'postgres'] : ['sqlite'])(
  'tokens of version 10, on %s',
  (dialect) => {
    it('get the users as owners from whom they come, and those of nobody none', async () => {
      const database =
        dialect === 'sqlite' ? await openLibsql(':memory:') : await openPostgres(await freshDatabase());
      const tables = database.tables as unknown as Kysely<unknown>;
      const run = async (steps: typeof MIGRATIONS) => {
        for (const step of steps) await step(new MigrationSql(tables, database.dialect));
      };
      await run(MIGRATIONS.slice(0, 10));
      const [user, gone] = ['a'.repeat(24), 'b'.repeat(24)];
      const made: readonly (readonly [id: string, by: string])[] = [
        ...([
          ['1', user],
          ['2', gone],
          ['3', 'local'],
          ['4', 'anyone'],
        ] as const),
        ...([
          ['5', '1'],
          ['6', '5'],
          ['7', '3'],
          ['8', '2'],
          ['9', '0'],
        ] as const),
      ].map(([id, by]) => [id.repeat(16), by.length === 1 ? by.repeat(16) : by]);
      for (const [id, by] of made)
        await sql`INSERT INTO api_tokens (id, hash, label, permissions, created_by, created_at)
        VALUES (${id}, 'x', 'x', 'fleet:read', ${by}, 0)`.execute(tables);
      await run(MIGRATIONS.slice(10, 11));
      const { rows } = await sql<{ id: string; owner: string | null }>`
      SELECT id, owner FROM api_tokens ORDER BY id`.execute(tables);
      expect(rows.map(({ owner }) => owner)).toEqual([user, gone, null, null, user, user, null, gone, null]);
      await database.close();
    });
  },
);
