import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIdentity } from '../../../platform/identities/index.js';
import { MIGRATIONS } from '../../../platform/store/migrations/index.js';
import { catalogueOf } from '../../../platform/transfer/catalogue.js';
import { freshDatabase, postgresAvailable } from '../../support/postgres.js';
import { allRows, fillOddly, startProgram, withDatabase } from './fixtures.js';

const KEY = { IROH_PLATFORM_KEY: Buffer.alloc(32, 5).toString('base64') };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-transfer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Way {
  from: string;
  to: string;
}

/** Databases are named by variables, since their names hold passwords. */
async function program(command: string, way: Way, ...flags: string[]) {
  const env: Record<string, string> = { ...KEY };
  const words = (['from', 'to'] as const).flatMap((end) => {
    if (!way[end].startsWith('postgres')) return [`--${end}`, way[end]];
    env[`IROH_PLATFORM_${end.toUpperCase()}`] = way[end];
    return [];
  });
  return (await startProgram([command, ...words, ...flags], env)).ended;
}

/** Runs a command that has to succeed. @returns what it prints with `--json` */
async function done(command: string, way: Way, ...flags: string[]) {
  const { code, stdout, stderr } = await program(command, way, ...flags, '--json');
  // On a busy machine it says how far it is.
  expect({ code, stderr: stderr.replace(/^\w+: [\d,]+ rows, \d+ s\n/gm, '') }).toEqual({
    code: 0,
    stderr: '',
  });
  return JSON.parse(stdout);
}

/** A data folder with a key, and odd rows in every table. */
async function oddFolder(): Promise<{ from: string; id: string }> {
  const from = join(folder, 'from');
  const { id } = await openIdentity(from);
  await withDatabase(from, (database) => fillOddly(database, id));
  return { from, id };
}

describe('everything that a store may hold', () => {
  it('is in the rows of the test, in every table', async () => {
    const { from } = await oddFolder();
    const rows = await withDatabase(from, allRows);
    const tables = (await catalogueOf(MIGRATIONS.length)).flatMap(({ name, goesAlong }) =>
      goesAlong ? [name] : [],
    );
    expect(Object.keys(rows)).toEqual(tables);
    expect(tables.filter((name) => rows[name]?.length === 0)).toEqual([]);
  });

  it('comes back from a file as it was, with the key', async () => {
    const { from, id } = await oddFolder();
    const before = await withDatabase(from, allRows);
    const file = join(folder, 'all.jsonl.gz');
    const told = await done('export', { from, to: file }, '--with-keys');
    const counts = Object.fromEntries(Object.entries(before).map(([name, rows]) => [name, rows.length]));
    expect(told).toMatchObject({ file, rows: counts, identities: [id], hasKeys: true });
    expect(told.bytes).toBe((await stat(file)).size);
    const to = join(folder, 'to');
    expect(await done('import', { from: file, to })).toMatchObject({ rows: counts, missing: [] });
    expect(await withDatabase(to, allRows)).toEqual(before);
    expect((await openIdentity(to)).id).toBe(id);
  });

  it('goes without what lets people in: passwords and tokens with the keys only, sign-ins and codes never', async () => {
    const { from } = await oddFolder();
    const secrets = {
      sign_ins: {
        hash: 'SIGN-IN',
        id: 's',
        user_id: 'u1',
        way: 'code',
        created_at: 1,
        seen_at: 1,
        expires_at: 9,
        agent: '',
      },
      known_addresses: { user_id: 'u1', address: 'ADDRESS', seen_at: 1 },
      one_time_codes: { hash: 'CODE', kind: 'sign-in', user_id: 'u1', created_at: 1, expires_at: 9 },
      oidc_attempts: { hash: 'ATTEMPT', verifier: 'VERIFIER', nonce: 'NONCE', return_to: '/', created_at: 1 },
    };
    await withDatabase(from, async ({ tables }) => {
      for (const [table, row] of Object.entries(secrets))
        await tables
          .insertInto(table as 'sign_ins')
          .values(row as never)
          .execute();
      await tables.updateTable('users').set({ password: 'PASSWORD' }).where('id', '=', 'u1').execute();
      await tables.updateTable('api_tokens').set({ hash: 'TOKEN' }).execute();
    });
    const file = join(folder, 'without.jsonl');
    const rows = async (flags: string[]) => {
      await done('export', { from, to: file }, ...flags);
      const text = await readFile(file, 'utf8');
      await rm(file);
      const found = ['SIGN-IN', 'ADDRESS', 'CODE', 'ATTEMPT', 'VERIFIER', 'NONCE', 'PASSWORD', 'TOKEN'];
      return found.filter((one) => text.includes(`"${one}"`));
    };
    expect(await rows([])).toEqual([]);
    expect(await rows(['--with-keys'])).toEqual(['PASSWORD', 'TOKEN']);
    await done('export', { from, to: file });
    const to = join(folder, 'to');
    const { code, stderr } = await program('import', { from: file, to });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('2 users came without their passwords'),
    });
    const { users = [], members, audit, api_tokens } = await withDatabase(to, allRows);
    const before = await withDatabase(from, allRows);
    expect(users).toEqual(before.users?.map((user) => ({ ...user, password: null })));
    expect({ members, audit }).toEqual({ members: before.members, audit: before.audit });
    expect(api_tokens).toEqual([]);
  });

  it.runIf(postgresAvailable())(
    'goes to PostgreSQL, through a file, and back, row by row',
    { tags: ['slow'], timeout: 120_000 },
    async () => {
      const { from, id } = await oddFolder();
      const before = await withDatabase(from, allRows);
      const [one, two] = [await freshDatabase(), await freshDatabase()];
      await done('move', { from, to: one });
      expect(await withDatabase(one, allRows)).toEqual(before);
      const file = join(folder, 'all.jsonl');
      await done('export', { from: one, to: file }, '--with-keys');
      await done('import', { from: file, to: two });
      expect(await withDatabase(two, allRows)).toEqual(before);
      const to = join(folder, 'to');
      await done('move', { from: two, to });
      expect(await withDatabase(to, allRows)).toEqual(before);
      expect((await openIdentity(to)).id).toBe(id);
      // Nothing was changed where it came from.
      expect(await withDatabase(from, allRows)).toEqual(before);
    },
  );
});
