import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIdentity } from '../../../platform/identities/index.js';
import { Platform } from '../../../platform/index.js';
import { MIGRATIONS } from '../../../platform/store/migrations/index.js';
import { exportStore, importFile, moveStore } from '../../../platform/transfer/index.js';
import { until } from '../../support/fake-time.js';
import { fillFolder } from '../../support/fleet-data.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { allRows, fillOddly, keyOf, startProgram, withDatabase } from './fixtures.js';

const QUIET = { platformKeyFile: null, signal: new AbortController().signal, onProgress: () => {} };

let folder: string;
let from: string;
let to: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-transfer-'));
  [from, to] = [join(folder, 'from'), join(folder, 'to')];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function oddFolder(): Promise<string> {
  const { id } = await openIdentity(from);
  await withDatabase(from, (database) => fillOddly(database, id));
  return id;
}

/** An export of odd rows, as its lines. */
async function exported(withKeys = false): Promise<string[]> {
  await oddFolder();
  await exportStore({ from, to: join(folder, 'good'), withKeys }, QUIET);
  return (await readFile(join(folder, 'good'), 'utf8')).trimEnd().split('\n');
}

/** Imports lines whose end fits them. */
async function importing(lines: readonly string[], target = to): Promise<unknown> {
  const body = lines.slice(0, -1);
  const rows: Record<string, number> = {};
  let table = '';
  for (const line of body.slice(1)) {
    const value = JSON.parse(line);
    if (Array.isArray(value)) rows[table] = (rows[table] ?? 0) + 1;
    else table = value.table ?? table;
  }
  const text = body.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(text).digest('hex');
  const path = join(folder, 'bad');
  await writeFile(path, `${text}${JSON.stringify({ end: true, rows, sha256 })}\n`);
  return importFile({ from: path, to: target }, QUIET);
}

/** The target after a failure: no key, no row, and the next attempt works. */
async function expectEmpty(target = to): Promise<void> {
  expect((await readdir(target)).filter((name) => name !== 'platform.db')).toEqual([]);
  await importFile({ from: join(folder, 'good'), to: target }, QUIET);
}

/** The lines with other cells in the first row of a table; `undefined` leaves the column out. */
function changed(lines: readonly string[], table: string, change: object): string[] {
  const start = lines.findIndex((line) => line.startsWith(`{"table":"${table}"`));
  const columns: string[] = JSON.parse(lines[start] ?? '').columns;
  const cells: unknown[] = JSON.parse(lines[start + 1] ?? '');
  const row = { ...Object.fromEntries(columns.map((name, index) => [name, cells[index]])), ...change };
  const kept = Object.entries(row).filter(([, cell]) => cell !== undefined);
  const copy = [...lines];
  copy[start] = JSON.stringify({ table, columns: kept.map(([name]) => name) });
  copy[start + 1] = JSON.stringify(kept.map(([, cell]) => cell));
  return copy;
}

describe('a file with rows that fit no store', () => {
  it.each<[string, string, object, RegExp]>([
    ['a column of nobody', 'metric_schemas', { rowid: 1 }, /has no column rowid/],
    ['a number for a text', 'metric_schemas', { types: 7 }, /types of metric_schemas holds no text/],
    ['a text for a number', 'metrics', { updated_at: '1' }, /updated_at of metrics holds no integer/],
    [
      'nothing where something has to be',
      'metrics',
      { schema_hash: null },
      /schema_hash of metrics is missing/,
    ],
    ['a NUL character', 'metric_schemas', { hash: 'a\0b' }, /holds a NUL character/],
    ['no JSON', 'metrics', { values_json: '[' }, /values_json of metrics is no JSON/],
    [
      'attributes that are none',
      'endpoints',
      { attributes: 'null' },
      /attributes of endpoints is no object of texts/,
    ],
    ['an attribute that is no text', 'endpoints', { attributes: '{"a":{}}' }, /is no object of texts/],
    ['an address that is none', 'endpoints', { address: '{"id":"x"}' }, /address of endpoints is no address/],
    ['what was done in no form', 'audit', { detail: '[]' }, /detail of audit is no object/],
    ['a report that is none', 'reports', { report: '[]' }, /report of reports is no object/],
    ['a path that is none', 'reports', { seen_path: 'by air' }, /seen_path of reports is neither direct nor/],
    [
      'an address without a port',
      'endpoints',
      { seen_address: '10.0.0.1' },
      /seen_address of .* with a port/,
    ],
    ['an address that is markup', 'reports', { seen_address: '<b>:1' }, /seen_address of .* with a port/],
    ['a schema without items', 'metric_schemas', { schema_json: '{}' }, /is no schema of metrics/],
    ['values that are no list', 'metrics', { values_json: '{}' }, /values_json of metrics is no list/],
    ['no id of a platform', 'identities', { id: 'x' }, /id of identities is no endpoint id/],
    ['a weak key', 'identities', { id: '0'.repeat(64) }, /id of identities is no endpoint id/],
    ['upper case', 'identities', { id: keyOf(1).id.toUpperCase() }, /no endpoint id as we write it/],
    ['an identity of no form', 'grants', { identity: 'me' }, /identity of grants is no endpoint id/],
    ['a token that is no hex', 'grants', { token: 'xyz' }, /token of grants is no hex/],
    [
      'a column left out',
      'metrics',
      { schema_hash: undefined },
      /A row of lines \d+ to \d+ \(metrics\) was refused\. .*schema_hash/,
    ],
    [
      'a parent that is missing',
      'endpoint_attributes',
      { endpoint_id: '0' },
      /\(endpoint_attributes\) was refused\. .*FOREIGN KEY/i,
    ],
  ])('is refused with the line, and leaves nothing: %s', async (_, table, change, why) => {
    const lines = await exported();
    const line = lines.findIndex((text) => text.startsWith(`{"table":"${table}"`));
    const failure = importing(changed(lines, table, change));
    await expect(failure).rejects.toThrow(why);
    await expect(failure).rejects.toThrow(new RegExp(`[Ll]ines? (${line + 1}|${line + 2})\\b`));
    await expectEmpty();
  });

  it('is refused: a table of nobody, one that lets browsers in, one of SQLite itself, the versions', async () => {
    const lines = await exported();
    const never = ['sign_ins', 'known_addresses', 'one_time_codes', 'oidc_attempts'];
    for (const name of [
      'nobodies',
      ...never,
      'sqlite_master',
      'schema_version',
      '"; DROP TABLE reports; --',
    ]) {
      const more = [
        ...lines.slice(0, 1),
        JSON.stringify({ table: name, columns: ['id'] }),
        '["x"]',
        ...lines.slice(1),
      ];
      await expect(importing(more)).rejects.toThrow(`Line 2: there is no table ${name}`);
    }
    await expectEmpty();
  });

  it('is refused: a column that stands twice, a row that stands twice', async () => {
    const lines = await exported();
    const start = lines.findIndex((line) => line.startsWith('{"table":"settings"'));
    const twice = [...lines.slice(0, start + 2), ...lines.slice(start + 1)];
    await expect(importing(twice)).rejects.toThrow(
      new RegExp(`A row of lines ${start + 2} to ${start + 9} \\(settings\\) was refused\\..*UNIQUE`),
    );
    const columns = [...lines];
    columns[start] = '{"table":"settings","columns":["key","key"]}';
    await expect(importing(columns)).rejects.toThrow(`Line ${start + 1}: a column stands in it twice`);
    await expectEmpty();
  });

  it('is refused: identities and keys that do not belong together, without a word of them', async () => {
    const lines = await exported(true);
    const [head = '', keys = '', ...rest] = lines;
    const seed = /:"([0-9a-f]{64})"/.exec(keys)?.[1] ?? '';
    const other = { ...JSON.parse(head), identities: [keyOf(9).id] };
    for (const wrong of [
      [JSON.stringify(other), keys, ...rest],
      [head, keys.replace(seed, '07'.repeat(32)), ...rest],
      [head, keys.replace(seed, 'no key'), ...rest],
    ]) {
      const failure = importing(wrong);
      await expect(failure).rejects.toThrow(
        /^Line 2: the key of [0-9a-f]{64} is not that of an identity of line 1\.$/,
      );
      await expect(failure).rejects.not.toThrow(seed);
    }
    await expect(importing([JSON.stringify({ ...other, identities: ['x'] }), keys, ...rest])).rejects.toThrow(
      /^Line 1: an identity is no endpoint id/,
    );
  });

  it('of a newer version is refused with words', async () => {
    const lines = await exported();
    const head = JSON.stringify({ ...JSON.parse(lines[0] ?? ''), schema: MIGRATIONS.length + 1 });
    await expect(importing([head, ...lines.slice(1)])).rejects.toThrow(
      `It has schema version ${MIGRATIONS.length + 1}, this program knows ${MIGRATIONS.length}: use the version of the program that wrote it`,
    );
    await expectEmpty();
  });
});

it('does not say how much an endpoint has: that is counted, since it decides what is removed', async () => {
  const lines = await exported();
  const lies = { report_count: Number.MAX_SAFE_INTEGER, stored_bytes: -1, point_count: 0, point_bytes: 0 };
  await importing(changed(lines, 'endpoints', lies));
  const { endpoints } = await withDatabase(from, allRows);
  expect(await withDatabase(to, allRows)).toMatchObject({ endpoints });
});

describe('a place that cannot be used', () => {
  it('is no empty one', async () => {
    const lines = await exported();
    await importing(lines);
    const before = await withDatabase(to, allRows);
    await expect(importing(lines)).rejects.toThrow(
      /^The target is not empty: there are rows in \w+\. Nothing was changed/,
    );
    expect(await withDatabase(to, allRows)).toEqual(before);
  });

  it('has the key of another platform', async () => {
    const lines = await exported();
    const { id } = await openIdentity(to);
    await expect(importing(lines)).rejects.toThrow(/secret\.key in .*to is that of another platform/);
    await expect(moveStore({ from, to }, QUIET)).rejects.toThrow(/is that of another platform/);
    expect((await openIdentity(to)).id).toBe(id);
  });

  it('holds no platform, or runs one', async () => {
    await expect(exportStore({ from, to: join(folder, 'x'), withKeys: false }, QUIET)).rejects.toThrow(
      `There is no platform in ${from}: ${join(from, 'platform.db')} is missing.`,
    );
    expect(existsSync(from)).toBe(false);
    await openIdentity(from);
    await expect(exportStore({ from, to: join(folder, 'x'), withKeys: false }, QUIET)).rejects.toThrow(
      'There is no platform in it.',
    );
    const running = startProgram(['serve', '--data', from]);
    const child = await running;
    try {
      await child.line(/^Dashboard/);
      for (const attempt of [
        () => exportStore({ from, to: join(folder, 'x'), withKeys: false }, QUIET),
        () => moveStore({ from, to }, QUIET),
      ])
        await expect(attempt()).rejects.toThrow(/another process has it open; stop that one first/);
    } finally {
      child.process.kill('SIGKILL');
      await child.ended;
    }
  });

  it('keeps a file that was there', async () => {
    await oddFolder();
    const path = join(folder, 'mine');
    await writeFile(path, 'mine');
    await expect(exportStore({ from, to: path, withKeys: false }, QUIET)).rejects.toThrow(`${path} exists`);
    expect(await readFile(path, 'utf8')).toBe('mine');
  });
});

describe.runIf(postgresAvailable())('a PostgreSQL database', () => {
  const sealed = { IROH_PLATFORM_KEY: '11'.repeat(32) };
  beforeEach(() => void Object.assign(process.env, sealed));
  afterEach(() => void delete process.env.IROH_PLATFORM_KEY);

  it('is no place without the key that seals', async () => {
    delete process.env.IROH_PLATFORM_KEY;
    await oddFolder();
    const url = await freshDatabase();
    await expect(moveStore({ from, to: url }, QUIET)).rejects.toThrow(/set IROH_PLATFORM_KEY/);
    await expect(exportStore({ from: url, to: join(folder, 'x'), withKeys: true }, QUIET)).rejects.toThrow(
      'There is no platform in it.',
    );
  });

  it('is left with what others keep in it, and empty, when rows are refused', async () => {
    const lines = await exported();
    const url = await freshDatabase();
    await withDatabase(url, async ({ tables }) => {
      await sql`CREATE TABLE theirs AS SELECT 7 AS n`.execute(tables);
    });
    const failure = importing(changed(lines, 'endpoint_attributes', { endpoint_id: '0' }), url);
    await expect(failure).rejects.toThrow(
      /A row of lines \d+ to \d+ \(endpoint_attributes\) was refused\..*foreign key/,
    );
    await expect(failure).rejects.not.toThrow(/platform:/);
    const tables = await withDatabase(url, ({ tables }) =>
      sql<{ name: string }>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`.execute(
        tables,
      ),
    );
    expect(tables.rows).toEqual([{ name: 'theirs' }]);
    await importing(lines, url);
    await expect(importing(lines, url)).rejects.toThrow(/^The target is not empty/);
  });

  it('that a platform works with can be exported, with nobody online, and not moved', async () => {
    const id = await oddFolder();
    const url = await freshDatabase();
    await moveStore({ from, to: url }, QUIET);
    const now = Date.now();
    await withDatabase(url, async ({ tables }) => {
      await tables.updateTable('identities').set({ holder: 'somebody', beat: 3, beat_at: now }).execute();
      await tables.updateTable('endpoints').set({ is_online: 1 }).where('name', 'is not', null).execute();
    });
    await expect(moveStore({ from: url, to }, QUIET)).rejects.toThrow(/^A platform works with this database/);
    const file = join(folder, 'file');
    expect(await exportStore({ from: url, to: file, withKeys: false }, QUIET)).toMatchObject({
      identities: [id],
    });
    expect(await importFile({ from: file, to }, QUIET)).toMatchObject({ hasKeys: false, missing: [id] });
    const { endpoints = [] } = await withDatabase(to, allRows);
    expect(endpoints.map((row) => [row.is_online, row.last_seen_at])).toEqual([
      [0, now],
      [0, 1],
    ]);
    // One that was killed counts as gone after a while.
    await withDatabase(url, ({ tables }) =>
      tables
        .updateTable('identities')
        .set({ beat_at: now - 80_000 })
        .execute(),
    );
    await moveStore({ from: url, to: join(folder, 'again') }, QUIET);
  });
});

describe('a platform of an earlier version', () => {
  it('can be exported as it is, and is brought up to date on the way in', async () => {
    const { id } = await openIdentity(from);
    const old = gunzipSync(await readFile(new URL('../stores/statements.db.gz', import.meta.url)));
    await writeFile(join(from, 'platform.db'), old);
    const file = join(folder, 'file');
    await exportStore({ from, to: file, withKeys: true }, QUIET);
    const [head] = (await readFile(file, 'utf8')).split('\n');
    expect(JSON.parse(head ?? '')).toMatchObject({ schema: 3, identities: [id] });
    await importFile({ from: file, to }, QUIET);
    const before = await Platform.start({ dataDir: from, port: 0, dashboard: false });
    const { endpoints } = await before.endpoints();
    await before.stop();
    expect(endpoints.length).toBeGreaterThan(0);
    const after = await Platform.start({ dataDir: to, port: 0, dashboard: false });
    expect((await after.endpoints()).endpoints).toEqual(endpoints);
    await after.stop();
    expect(after.id).toBe(before.id);
  });
});

describe('a transfer in the middle of which it ends', { tags: ['slow'] }, () => {
  const FLEET = { endpoints: 200, reports: 12_000 };

  /** Runs a command until its target grows. */
  async function halfWay(args: readonly string[], file: string) {
    const child = await startProgram(args);
    await until(() => existsSync(file), 20_000);
    await sleep(100);
    return child;
  }

  it('by SIGKILL: the target is empty, and the next attempt works', async () => {
    await fillFolder(from, FLEET);
    const child = await halfWay(['move', '--from', from, '--to', to], join(to, 'platform.db-journal'));
    child.process.kill('SIGKILL');
    expect(await child.ended).toMatchObject({ signal: 'SIGKILL' });
    expect((await moveStore({ from, to }, QUIET)).rows.reports).toBe(FLEET.reports);
    const before = await withDatabase(from, allRows);
    expect(await withDatabase(to, allRows)).toEqual(before);
  });

  it.runIf(postgresAvailable())('by SIGKILL, into PostgreSQL: the same', { timeout: 60_000 }, async () => {
    await fillFolder(from, FLEET);
    const url = await freshDatabase();
    const env = { IROH_PLATFORM_KEY: '11'.repeat(32), IROH_PLATFORM_TO: url };
    const child = await startProgram(['move', '--from', from], env);
    const isAtWork = () =>
      withDatabase(url, async ({ tables }) => {
        const { rows } = await sql`SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND query LIKE 'INSERT INTO "reports"%'`.execute(tables);
        return rows.length > 0;
      });
    await until(isAtWork, 20_000);
    child.process.kill('SIGKILL');
    await child.ended;
    const tables = await withDatabase(url, ({ tables }) =>
      sql`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`.execute(tables),
    );
    expect(tables.rows).toEqual([]);
    const again = await startProgram(['move', '--from', from, '--json'], env);
    expect(JSON.parse((await again.ended).stdout)).toMatchObject({ rows: { reports: FLEET.reports } });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s: it says so, and leaves nothing', async (signal) => {
    await fillFolder(from, FLEET);
    const moving = await halfWay(['move', '--from', from, '--to', to], join(to, 'platform.db-journal'));
    moving.process.kill(signal);
    expect(await moving.ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'Interrupted: nothing was written.\n',
    });
    expect(await readdir(to)).toEqual(['platform.db']);
    const exporting = await startProgram(['export', '--from', from, '--to', join(folder, 'file.gz')]);
    await until(async () => (await readdir(folder)).some((name) => name.endsWith('.tmp')), 20_000);
    exporting.process.kill(signal);
    await once(exporting.process, 'exit');
    expect(await exporting.ended).toMatchObject({ code: 1, stderr: 'Interrupted: nothing was written.\n' });
    expect(await readdir(folder)).toEqual(['from', 'to']);
  });
});
