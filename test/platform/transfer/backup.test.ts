import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openIdentity } from '../../../platform/identities/index.js';
import { FileHold } from '../../../platform/store/file-hold.js';
import { openLibsql } from '../../../platform/store/libsql-driver.js';
import { migrate } from '../../../platform/store/migrate.js';
import { backUpFolder } from '../../../platform/transfer/index.js';
import { type Child, runChild } from '../../support/child.js';
import { bearer, noteOf } from '../../support/dashboard-door.js';
import { fillFolder } from '../../support/fleet-data.js';
import { allRows, fillOddly, startProgram, withDatabase } from './fixtures.js';

const never = new AbortController().signal;
let folder: string;
let data: string;
let to: string;
let platform: Child | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-backup-'));
  [data, to] = [join(folder, 'data'), join(folder, 'copy')];
});
afterEach(async () => {
  platform?.process.kill('SIGKILL');
  await platform?.ended;
  platform = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function backup(...flags: string[]) {
  return (await startProgram(['backup', '--data', data, '--to', to, ...flags])).ended;
}

async function startPlatform(): Promise<void> {
  platform = await startProgram(['serve', '--data', data]);
  await platform.line(/^Dashboard/);
}

/** Asks the running platform as somebody does who has its login. */
const post = (path: string, body: object) => ask('POST', path, body);

async function ask(method: string, path: string, body?: object): Promise<unknown> {
  const { url, token } = await noteOf(data);
  const json = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = { ...bearer(token), ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
  const response = await fetch(new URL(path, url), { method, headers, ...json });
  return { status: response.status, ...((await response.json()) as object) };
}

describe('a backup', () => {
  it('of a stopped platform is a data folder like the first, for its owner alone', async () => {
    const { id } = await openIdentity(data);
    await withDatabase(data, (database) => fillOddly(database, id));
    const before = await withDatabase(data, allRows);
    // With a slash behind it, as a shell completes the name of a folder.
    const { code, stdout, stderr } = await (await startProgram(['backup', '--data', data, '--to', `${to}/`]))
      .ended;
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/copy\/: \d\.\d MB in \d+\.\d s\.\n$/),
    });
    expect(stderr).toMatch(/whoever has it is the platform/);
    expect(await readdir(folder)).toEqual(['copy', 'data']);
    expect((await readdir(to)).sort()).toEqual(['platform.db', 'secret.key']);
    expect(statSync(to).mode & 0o777).toBe(0o700);
    for (const file of await readdir(to))
      expect([file, statSync(join(to, file)).mode & 0o777]).toEqual([file, 0o600]);
    expect(await withDatabase(to, allRows)).toEqual(before);
    expect((await openIdentity(to)).id).toBe(id);
    // That it was made stands in the log, as when the platform runs.
    const { audit = [], ...rest } = await withDatabase(data, allRows);
    const isNew = ({ action }: Record<string, unknown>) => action === 'backup.made';
    expect({ ...rest, audit: audit.filter((row) => !isNew(row)) }).toEqual(before);
    expect(audit.filter(isNew)).toMatchObject([{ actor_name: 'the command line', project: null }]);
  });

  it('of a running platform has what it had acknowledged, and the platform goes on', async () => {
    await fillFolder(data, { endpoints: 20, reports: 2_000 });
    await startPlatform();
    const { secret: first } = (await post('/api/v1/projects/default/secrets', { label: 'before' })) as {
      secret: string;
    };
    expect(first).toMatch(/^services/);
    const { code, stdout, stderr } = await backup('--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ folder: to, bytes: statSync(join(to, 'platform.db')).size });
    expect(await post('/api/v1/projects/default/secrets', { label: 'after' })).toMatchObject({ status: 201 });
    // It can be asked again.
    await rm(to, { recursive: true });
    expect((await backup()).code).toBe(0);
    platform?.process.kill('SIGTERM');
    expect((await platform?.ended)?.code).toBe(0);
    const copy = await withDatabase(to, allRows);
    expect(copy.api_secrets?.map(({ label }) => label).sort()).toEqual(['after', 'before', 'team 1']);
    const now = await withDatabase(data, allRows);
    // The stop gave the identity back, which nobody can take back.
    const token = Number(copy.identities?.[0]?.token) + 1;
    // And that the copy was made was written down while it was.
    const made = expect.objectContaining({ action: 'backup.made' });
    expect(now).toEqual({
      ...copy,
      identities: copy.identities?.map((row) => ({ ...row, token })),
      audit: [...(copy.audit ?? []), made],
    });
  });

  it('is one at a time, and the one who ends it is the one who began', async () => {
    await startPlatform();
    const { held } = (await post('/api/v1/backup', {})) as { held: string };
    expect(await backup()).toMatchObject({ code: 1, stderr: 'Another backup is being made.\n' });
    expect(await ask('DELETE', `/api/v1/backup/${'0'.repeat(32)}`)).toEqual({ status: 200, wasHeld: false });
    expect(await ask('DELETE', `/api/v1/backup/${held}`)).toEqual({ status: 200, wasHeld: true });
    expect(await ask('DELETE', `/api/v1/backup/${held}`)).toEqual({ status: 200, wasHeld: false });
    expect((await backup()).code).toBe(0);
  });

  it('of no platform, over another folder, of a database: is refused, and leaves nothing', async () => {
    const because = async (...flags: string[]) => {
      const { code, stdout, stderr } = await backup(...flags);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      return stderr;
    };
    expect(await because()).toMatch(/^There is no platform in .*data: /);
    await openIdentity(data);
    await mkdir(to);
    await writeFile(join(to, 'mine'), '');
    expect(await because()).toMatch(/copy exists: name another folder/);
    expect(await because('--database', 'postgres://user@127.0.0.1/fleet')).toMatch(/pg_dump/);
    expect(await readdir(folder)).toEqual(['copy', 'data']);
    expect(await readdir(to)).toEqual(['mine']);
  });

  it('that is interrupted, or whose platform stops meanwhile, leaves nothing', async () => {
    await fillFolder(data, { endpoints: 20, reports: 2_000 });
    const held = { hold: async () => async () => true };
    const interruption = new AbortController();
    const interrupted = backUpFolder(
      { data, to },
      {
        hold: async () => {
          interruption.abort(new Error('Ctrl-C'));
          return async () => true;
        },
      },
      interruption.signal,
    );
    await expect(interrupted).rejects.toThrow();
    await expect(
      backUpFolder({ data, to }, { hold: async () => () => Promise.reject(new Error('gone')) }, never),
    ).rejects.toThrow(/^The platform stopped while its store was copied/);
    expect(await readdir(folder)).toEqual(['data']);
    await backUpFolder({ data, to }, held, never);
    expect(existsSync(to)).toBe(true);
  });

  it('that is damaged is found out', async () => {
    await fillFolder(data, { endpoints: 20, reports: 2_000 });
    const file = join(data, 'platform.db');
    const bytes = await readFile(file);
    bytes.fill(0x55, 4096 * 20, 4096 * 400);
    await writeFile(file, bytes);
    await expect(backUpFolder({ data, to }, { hold: async () => async () => true }, never)).rejects.toThrow(
      /damaged|malformed/,
    );
    expect(await readdir(folder)).toEqual(['data']);
  });
});

describe('a store whose file is held', () => {
  it('does not change it while it is written to, and takes everything up afterwards', async () => {
    await mkdir(data);
    const file = join(data, 'platform.db');
    const database = await openLibsql(file);
    await migrate(database);
    const hold = new FileHold(database.tables);
    const word = await hold.begin();
    const before = await runChild(HASH, { args: [file] });
    const row = { value: 'x'.repeat(10_000) };
    // Far more than is written back otherwise.
    for (let key = 0; key < 1_500; key += 1)
      await database.tables
        .insertInto('settings')
        .values({ key: String(key), ...row })
        .execute();
    expect((await runChild(HASH, { args: [file] })).stdout).toBe(before.stdout);
    expect(await hold.end(word)).toBe(true);
    await database.tables.insertInto('settings').values({ key: 'last', value: '' }).execute();
    expect((await runChild(HASH, { args: [file] })).stdout).not.toBe(before.stdout);
    await database.close();
    expect((await withDatabase(data, allRows)).settings).toHaveLength(1_501);
  });

  const HASH = `
    import { createHash } from 'node:crypto';
    import { readFileSync } from 'node:fs';
    console.log(createHash('sha256').update(readFileSync(process.argv[2])).digest('hex'));
  `;
});
