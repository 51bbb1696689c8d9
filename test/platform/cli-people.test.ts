import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Child, runChild, startChild } from '../support/child.js';
import { noteOf } from '../support/dashboard-door.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

let data: string;
let platform: Child | null = null;
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
  const { code, stdout, stderr } = await runChild(PROGRAM, {
    args: [...words, '--data', data],
    timeoutMs: 40_000,
  });
  expect([words, code, stderr.replace(/^Signs in once.*\n/m, '')]).toEqual([words, 0, '']);
  return stdout;
}

async function serve(): Promise<void> {
  platform = await startChild(PROGRAM, { args: ['serve', '--data', data], timeoutMs: 120_000 });
  await platform.line(/^Dashboard {2}http/);
}

/** What the page of a link does. */
async function follow(link: string): Promise<number> {
  const { url } = await noteOf(data);
  const code = new URLSearchParams(link.split('#')[1]).get('code') ?? '';
  const headers = { origin: url.origin, 'content-type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ code });
  return (await fetch(new URL('link', url), { method: 'POST', headers, body, redirect: 'manual' })).status;
}

describe('the commands about people', { tags: ['slow'], timeout: 90_000 }, () => {
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
    const make = (project: string) =>
      runChild(PROGRAM, { args: ['secret', '--project', project, '--data', data], timeoutMs: 40_000 });
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
      const { code, stdout, stderr } = await runChild(PROGRAM, { args: [...words, '--data', data] });
      expect([words, code, stdout, stderr]).toEqual([words, 1, '', expect.stringMatching(told)]);
    }
    expect(await runChild(PROGRAM, { args: ['user', 'frob'] })).toMatchObject({ code: 64 });
  });
});
