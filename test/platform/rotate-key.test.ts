import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IdentityTable, KeyRing, PlatformKey, rotatePlatformKey } from '../../platform/identities/index.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { Program } from '../cli/program.js';
import { until } from '../support/fake-time.js';
import { freshDatabase } from '../support/postgres.js';
import { Databases, mayPostgres, newIdentity } from './identities/databases.js';
import { LeaseProcess, newPlatformKey } from './identities/processes.js';

const databases = new Databases();
const processes: LeaseProcess[] = [];
let folder: string;
let url: string;
let database: SqlDatabase;
let [oldText, newText] = ['', ''];

const parsed = (text: string) => PlatformKey.parse(text, 'The key of the test');
const ring = (text: string) =>
  KeyRing.open({
    ...{ dataDir: folder, isShared: true, platformKeyFile: null, identities: 3 },
    variables: { IROH_PLATFORM_KEY: text },
  });
const rows = () => new IdentityTable(database).list();
const noNote = async () => {};

/** Three identities, sealed with the old key. */
async function prepare(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'rotate-key-'));
  url = await freshDatabase();
  database = await databases.postgres(url);
  [oldText, newText] = [newPlatformKey(), newPlatformKey()];
  await (await ring(oldText)).register(database);
}

async function startProcess(platformKey: string): Promise<LeaseProcess> {
  const started = await LeaseProcess.start(url, platformKey);
  processes.push(started);
  return started;
}

describe.runIf(mayPostgres)('the key that seals the keys of the platform', () => {
  beforeEach(prepare);
  afterEach(async () => {
    await Promise.all(processes.splice(0).map((one) => one.kill()));
    await databases.close();
    await rm(folder, { recursive: true });
  });

  const rotate = (options: Partial<Parameters<typeof rotatePlatformKey>[1]> = {}) =>
    rotatePlatformKey(database, {
      ...{ from: parsed(oldText), to: parsed(newText), whileRunning: false, note: noNote },
      ...options,
    });

  it('is changed for all identities, which stay who they are, and the old one opens nothing', async () => {
    const before = await rows();
    expect(await rotate()).toEqual({ sealed: 3, already: 0, elsewhere: 0, holders: [] });
    const after = await rows();
    expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    const keys = await ring(newText);
    await keys.register(database);
    expect(after.map((row) => keys.keyOf(row).id)).toEqual(after.map(({ id }) => id));
    const wrong =
      /^IROH_PLATFORM_KEY is not the key that sealed the identity [0-9a-f]{64}: its mark is [0-9a-f]{8}, .* rotate-key\.$/;
    await expect((await ring(oldText)).register(database)).rejects.toThrow(wrong);
    // Once more does no harm.
    expect(await rotate()).toMatchObject({ sealed: 0, already: 3 });
    expect(await rows()).toEqual(after);
  });

  it('is changed for none, when one of them cannot be opened or nothing can be written down', async () => {
    const before = await rows();
    const fails = () => Promise.reject(new Error('no room in the audit log'));
    await expect(rotate({ note: fails })).rejects.toThrow('no room in the audit log');
    await expect(rotate({ to: parsed(oldText) })).rejects.toThrow('The new key is the old one');
    await expect(rotate({ from: parsed(newPlatformKey()) })).rejects.toThrow(/^The key of the test is not/);
    expect(await rows()).toEqual(before);
    const foreign = newIdentity();
    // The youngest: the others are sealed anew before it.
    const sealed = parsed(newPlatformKey()).seal(foreign);
    await new IdentityTable(database).add(foreign.id, sealed);
    await expect(rotate()).rejects.toThrow(`is not the key that sealed the identity ${foreign.id}`);
    expect(await rows()).toEqual([...before, expect.objectContaining({ id: foreign.id, sealedKey: sealed })]);
  });

  it('leaves alone what lies in a data folder', async () => {
    const own = newIdentity();
    await new IdentityTable(database).add(own.id, null);
    expect(await rotate()).toMatchObject({ sealed: 3, elsewhere: 1 });
    expect((await rows()).at(-1)).toMatchObject({ id: own.id, sealedKey: null });
  });

  it('is changed under processes at work only for who says so; they go on, and take nothing over', {
    tags: ['slow'],
    timeout: 90_000,
  }, async () => {
    const ids = (await rows()).map(({ id }) => id);
    await database.tables
      .insertInto('settings')
      .values(ids.map((id) => ({ key: id, value: '' })))
      .execute();
    const first = await startProcess(oldText);
    await until(() => first.held.size === 3, 20_000);
    const [holder] = (await rows()).map((row) => row.holder?.split(' ').slice(0, 2).join(' '));
    expect(holder?.startsWith(`${hostname()} `)).toBe(true);
    const before = await rows();
    await expect(rotate()).rejects.toThrow(
      `at work with the old key: ${holder}. Nothing was changed. Either stop all processes, run this again`,
    );
    expect((await rows()).map(({ sealedKey }) => sealedKey)).toEqual(
      before.map(({ sealedKey }) => sealedKey),
    );
    expect(await rotate({ whileRunning: true })).toMatchObject({ sealed: 3, holders: [holder] });

    // With the old key nobody can follow it, with the new one everybody can.
    const old = await startProcess(oldText);
    expect([old.held.size, first.held.size]).toEqual([0, 3]);
    const beats = (await rows()).map(({ beat }) => beat);
    await until(async () => (await rows()).every(({ beat }, at) => beat > (beats[at] ?? 0)), 20_000);
    expect(await first.stop()).toBe(0);
    const told = () =>
      old.told.filter(({ what }) => what === 'warning').map(({ identity, rest }) => `${identity} ${rest}`);
    await until(() => told().length === 3, 20_000);
    for (const id of ids)
      expect(told()).toContainEqual(
        expect.stringMatching(
          `^IROH_PLATFORM_KEY is not the key that sealed the identity ${id}: its mark is `,
        ),
      );
    const next = await startProcess(newText);
    await until(() => next.held.size === 3, 20_000);
    expect(old.held.size).toBe(0);
  });
});

describe.runIf(mayPostgres)('rotate-key', () => {
  let program: Program;
  beforeAll(async () => {
    program = await Program.build('platform/cli/main.ts');
  });
  afterAll(() => program.remove());
  beforeEach(async () => {
    await prepare();
    await writeFile(join(folder, 'old.key'), oldText);
    await writeFile(join(folder, 'new.key'), `${newText}\n`);
  });
  afterEach(async () => {
    await databases.close();
    await rm(folder, { recursive: true });
  });

  const run = (words: readonly string[], env: Record<string, string> = {}) =>
    program.run(words, { env: { IROH_PLATFORM_DATABASE: url, ...env } });
  const words = () => ['rotate-key', '--new-platform-key-file', join(folder, 'new.key')];
  const old = () => ['--platform-key-file', join(folder, 'old.key')];

  it('changes it, says what to do now, and writes it down', async () => {
    const answer = await run([...words(), ...old()]);
    expect(answer).toMatchObject({ code: 0, stdout: 'Sealed with the new key: 3.\n' });
    expect(answer.stderr).toMatch(/^Start all processes with the new key\. The old key opens nothing here /);
    for (const text of [oldText, newText]) expect(answer.stdout + answer.stderr).not.toContain(text);
    const again = await run([...words(), '--json'], { IROH_PLATFORM_KEY: oldText });
    expect(JSON.parse(again.stdout)).toEqual({ sealed: 0, already: 3, elsewhere: 0, holders: [] });
    expect(await database.tables.selectFrom('audit').selectAll().execute()).toEqual([
      expect.objectContaining({ actor_kind: 'local', action: 'platform-key.changed', project: null }),
    ]);
    const serve = ['serve', '--data', join(folder, 'data'), '--relay', 'https://relay.test/', ...old()];
    expect(await run(serve)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: expect.stringMatching(/^The key file .*old\.key is not the key that sealed the identity .*\n$/),
    });
  });

  it('says what is missing, in one line', async () => {
    const none = { code: 1, stdout: '' };
    expect(await run(words())).toMatchObject({
      ...none,
      stderr: expect.stringMatching(/^Give the key that seals the keys of the platform now, too: .*\n$/),
    });
    expect(await program.run([...words(), ...old()])).toMatchObject({
      ...none,
      stderr: expect.stringMatching(/^The key of a data folder lies there in secret\.key, .*\n$/),
    });
    expect(await run(['rotate-key', ...old()])).toMatchObject({ code: 64 });
    expect((await rows()).map((row) => parsed(oldText).open(row.id, row.sealedKey ?? '').id)).toHaveLength(3);
  });
});
