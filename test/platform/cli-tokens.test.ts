import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Program, type Run } from '../cli/program.js';
import { noteOf } from '../support/dashboard-door.js';

const TOKEN = /^irohplat_([0-9a-f]{16})_[\w-]{43}\n$/;

let cli: Program;
let data: string;
let platform: Run | null = null;
beforeAll(async () => {
  cli = await Program.build('platform/cli/main.ts');
}, 60_000);
afterAll(() => cli.remove());
beforeEach(async () => {
  data = join(await mkdtemp(join(tmpdir(), 'net-diagnostics-tokens-')), 'data');
});
afterEach(async () => {
  platform?.process.kill('SIGKILL');
  await platform?.ended;
  platform = null;
  await rm(join(data, '..'), { recursive: true, force: true });
});

const run = (...words: string[]) => cli.run([...words, '--data', data], { timeoutMs: 40_000 });

async function serve(): Promise<void> {
  platform = cli.start(['serve', '--data', data], { timeoutMs: 120_000 });
  await platform.until(/^Dashboard {2}http/m, 30_000);
}

/** What a program with that token is answered. */
async function asked(text: string, path: string): Promise<number> {
  const { url } = await noteOf(data);
  const headers = { authorization: `Bearer ${text.trim()}` };
  return (await fetch(new URL(`/api/v1/${path}`, url), { headers })).status;
}

describe('the commands about API tokens', { tags: ['slow'], timeout: 90_000 }, () => {
  it('work while the platform runs, and while it does not', async () => {
    await run('project', 'add', 'shop');
    const [ofShop, ofAll] = [['--project', 'shop'], ['--platform']];
    const before = await run('token', 'add', 'ci', ...ofShop, '--permission', 'fleet:read', '--days', '30');
    expect(before).toMatchObject({ code: 0, stdout: expect.stringMatching(TOKEN) });
    expect(before.stderr).toMatch(/^A credential, shown once\. Its id is [0-9a-f]{16}; it expires on \d{4}-/);
    await serve();
    const words = ['--permission', 'platform:read', '--permission', 'fleet:read', '--days', 'never'];
    const after = await run('token', 'add', 'metrics', ...ofAll, ...words);
    expect(after.stderr).toMatch(/^A credential.* it does not expire\.\n$/);
    expect(after).toMatchObject({ code: 0, stdout: expect.stringMatching(TOKEN) });
    const answers = async () => [
      await asked(before.stdout, 'projects/shop/endpoints'),
      await asked(before.stdout, 'projects/default/endpoints'),
      await asked(after.stdout, 'projects/default/endpoints'),
    ];
    expect(await answers()).toEqual([200, 404, 200]);
    const [, beforeId = ''] = TOKEN.exec(before.stdout) ?? [];
    const [, afterId = ''] = TOKEN.exec(after.stdout) ?? [];
    const listed = await run('token', 'list', ...ofShop);
    expect(listed.stdout).toMatch(
      new RegExp(`^${beforeId}  ci  fleet:read  by a program on the machine  expires on [\\d-]+\n$`),
    );
    expect(await run('token', 'list', ...ofAll)).toMatchObject({
      ...{
        code: 0,
        stderr: '',
        stdout: `${afterId}  metrics  fleet:read,platform:read  by a program on the machine  does not expire\n`,
      },
    });
    expect(await run('token', 'revoke', beforeId, ...ofShop)).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await answers()).toEqual([401, 401, 200]);
    platform?.process.kill('SIGTERM');
    expect((await platform?.ended)?.code).toBe(0);
    expect((await run('token', 'list', ...ofShop)).stdout).toContain('was revoked on');
    expect(await run('token', 'revoke', afterId, ...ofAll)).toMatchObject({ code: 0, stderr: '' });
    await serve();
    expect(await answers()).toEqual([401, 401, 401]);
  });

  it('say what is wrong in one line, while the platform runs or not', async () => {
    const may = ['--permission', 'fleet:read'];
    const cases = [
      [['list', '--project', 'shops'], 'There is no such project.'],
      [['add', 'x', '--project', 'shops', ...may], 'There is no such project.'],
      [['revoke', '0123456789abcdef', '--project', 'shops'], 'There is no such project.'],
      [['revoke', '0123456789abcdef'], 'There is no such token.'],
      [['revoke', 'ci'], 'There is no such token.'],
      [['add', 'x', ...may, '--days', '900'], 'A token expires within 366 days.'],
      [
        ['add', 'x', '--permission', 'platform:read'],
        'A token of a project may nothing of the whole platform.',
      ],
    ] as const;
    const told = async () => {
      const all: string[] = [];
      // Without the platform, one at a time has the store.
      for (const [words] of cases) all.push((await run('token', ...words)).stderr.trimEnd());
      return all;
    };
    await run('project', 'list');
    expect(await told()).toEqual(cases.map(([, words]) => words));
    await serve();
    expect(await told()).toEqual(cases.map(([, words]) => words));
  });

  it.each([
    [['add', 'x'], /--permission/],
    [['add', 'x', '--permission', 'fleet:write'], /There are fleet:read,/],
    [['add', 'x', '--permission', 'fleet:read', '--days', '0'], /a whole number of days, or never/],
    [['list', '--platform', '--project', 'shop'], /cannot be used with/],
    [['revoke', `irohplat_0123456789abcdef_${'A'.repeat(43)}`], /^An API token was given as an argument/],
  ])('refuse wrong words: %j', async (words, told) => {
    const { code, stdout, stderr } = await run('token', ...words);
    expect([code, stdout, stderr]).toEqual([64, '', expect.stringMatching(told)]);
    expect(stderr).not.toContain('AAAA');
  });
});
