import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from 'iroh-net-diagnostics/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openFeed } from '../../platform/changes/index.js';
import { People } from '../../platform/people/index.js';
import { openStore } from '../../platform/store/open-store.js';
import { Program, type Run } from '../cli/program.js';
import { noteOf } from '../support/dashboard-door.js';

let built: Program;
beforeAll(async () => {
  built = await Program.build('platform/cli/main.ts');
});
afterAll(() => built.remove());

let data: string;
let platform: Run | null = null;
beforeEach(async () => {
  data = join(await mkdtemp(join(tmpdir(), 'net-diagnostics-people-')), 'data');
});
afterEach(async () => {
  platform?.process.kill('SIGKILL');
  await platform?.ended;
  platform = null;
  await rm(join(data, '..'), { recursive: true, force: true });
});

async function program(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await built.run([...words, '--data', data]);
  expect([words, code, stderr.replace(/^Signs in once.*\n/m, '')]).toEqual([words, 0, '']);
  return stdout;
}

async function serve(): Promise<void> {
  platform = built.start(['serve', '--data', data], { timeoutMs: 120_000 });
  await platform.until(/^Dashboard {2}http/m, 25_000);
}

/** What the page of a link does. */
async function follow(link: string): Promise<number> {
  const { url } = await noteOf(data);
  const code = new URLSearchParams(link.split('#')[1]).get('code') ?? '';
  const headers = { origin: url.origin, 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ code });
  return (await fetch(new URL('link', url), { method: 'POST', headers, body, redirect: 'manual' })).status;
}

describe('the commands about people', { tags: ['slow'] }, () => {
  it('work while the platform runs, and while it does not', async () => {
    const first = (
      await program('user', 'add', 'Ana', '--email', 'ana@example.org', '--administrator')
    ).trim();
    await program('project', 'add', 'shop', '--name', 'The shop');
    await serve();
    expect(await follow(first)).toBe(303);
    expect(await follow(first)).toBe(401);
    const { url } = await noteOf(data);
    const second = (await program('user', 'add', 'Ben')).trim();
    expect(new URL(second).origin).toBe(url.origin);
    expect(await follow(second)).toBe(303);
    expect(await program('user', 'list')).toBe('Ana  ana@example.org  administrator\nBen\n');
    expect(await program('project', 'list')).toBe('default  Default\nshop  The shop\n');
    const link = (await program('user', 'link', 'ben')).trim();
    await program('user', 'disable', 'Ben');
    expect(await follow(link)).toBe(401);
    expect(await program('user', 'list')).toContain('Ben  disabled\n');
  });

  it('make secrets of a project while the platform runs, and while it does not', async () => {
    await program('project', 'add', 'shop');
    const offline = await program('secret', '--project', 'shop', '--label', 'before');
    const make = (project: string) => built.run(['secret', '--project', project, '--data', data]);
    const unknown = { code: 1, stdout: '', stderr: 'There is no such project.\n' };
    expect(await make('shops')).toMatchObject(unknown);
    await serve();
    const online = await program('secret', '--project', 'shop', '--label', 'after');
    expect(await make('shops')).toMatchObject(unknown);
    expect([offline, online]).toEqual(
      Array(2).fill(expect.stringMatching(/^IROH_SERVICES_API_SECRET=services/)),
    );
    const { url, token } = await noteOf(data);
    const labels = async (project: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(new URL(`/api/v1/projects/${project}/secrets`, url), { headers });
      return ((await answer.json()) as { items: { label: string }[] }).items.map(({ label }) => label);
    };
    expect([await labels('shop'), await labels('default')]).toEqual([['after', 'before'], []]);
    expect(await make('../shop')).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/A project's id has/),
    });
  });

  it('say what is wrong in one line', async () => {
    await program('user', 'add', 'Ana');
    for (const [words, told] of [
      [['user', 'add', 'ANA'], /^Another user has this name.*\n$/],
      [['user', 'link', 'Nobody'], /^There is no user of that name\.\n$/],
      [['project', 'add', 'Not An Id'], /^A project's id has .*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await built.run([...words, '--data', data]);
      expect([words, code, stdout, stderr]).toEqual([words, 1, '', expect.stringMatching(told)]);
    }
    expect(await built.run(['user', 'frob'])).toMatchObject({ code: 64 });
  });

  it('are written down as done by the command line where no platform runs, and so is an API secret', async () => {
    await program('project', 'add', 'shop');
    await program('user', 'add', 'Ana');
    await program('user', 'disable', 'Ana');
    await program('secret', '--label', 'staging', '--project', 'shop');
    const store = await openStore(data);
    const people = new People({ store, feed: await openFeed(data), clock: systemClock });
    const { items } = await people.audit.page({ project: null, limit: 20 });
    const secret = await store.tables.selectFrom('api_secrets').select('key_id').executeTakeFirstOrThrow();
    await store.close();
    const by = { actor: { kind: 'local', id: 'local', name: 'the command line' }, address: null, times: 1 };
    expect(items.map(({ action }) => action)).toEqual([
      ...['secret.made', 'user.disabled', 'user.linked', 'user.added', 'project.added'],
    ]);
    for (const item of items) expect(item).toMatchObject(by);
    expect(items[0]).toMatchObject({
      ...{ project: 'shop', target: secret.key_id, detail: { label: 'staging' } },
    });
  });
});
