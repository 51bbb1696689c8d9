import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../../lib/index.js';
import { type Child, runChild, startChild } from '../../support/child.js';
import { bearer, cookieOf, noteOf, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';

const PROGRAM = `
import { run } from './platform/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

let child: Child | undefined;
let folder = '';
afterEach(async () => {
  child?.process.kill('SIGKILL');
  await child?.ended;
  await rm(folder, { recursive: true, force: true });
});

/** A program that serves; and where, once it does. */
async function serving(...words: string[]): Promise<{ origin: string; stderr: () => string }> {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-log-'));
  const data = join(folder, 'data');
  child = await startChild(PROGRAM, {
    args: ['serve', '--data', data, ...words],
    env: { IROH_PLATFORM_DASHBOARD_TOKEN: TOKEN },
    timeoutMs: 90_000,
  });
  let told = '';
  child.process.stderr?.on('data', (text: string) => {
    told += text;
  });
  let origin = '';
  await until(async () => {
    origin = (await noteOf(data).catch(() => null))?.url.origin ?? '';
    return origin !== '' && (await fetch(`${origin}/livez`).catch(() => null))?.ok === true;
  }, 30_000);
  return { origin, stderr: () => told };
}

async function end(): Promise<{ stdout: string; stderr: string }> {
  child?.process.kill('SIGTERM');
  const ended = await child?.ended;
  expect(ended?.code).toBe(0);
  return { stdout: ended?.stdout ?? '', stderr: ended?.stderr ?? '' };
}

type Line = Record<string, unknown>;

function linesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('the log of serve', () => {
  it('tells why a start failed, in its format', async () => {
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-log-'));
    const file = join(folder, 'platform.yaml');
    const data = ['--data', '/dev/null/data'];
    const json = ['--log-format', 'json'];
    await writeFile(file, 'log-format: json\ndashbord-port: 1\n');
    for (const [args, code, told] of [
      [[...data, ...json], 1, /^dataDir .* cannot be used: ENOTDIR/],
      [[...data, ...json, '--log-level', 'error', '--tls-cert', 'x.pem'], 78, /needs its key: give tls-key/],
      [['--config', file], 78, /`dashbord-port` \(.*line 2\) is not known\. Did you mean dashboard-port\?/],
      [['--config', join(folder, 'none.yaml'), ...json], 78, /none\.yaml/],
    ] as const) {
      const ended = await runChild(PROGRAM, { args: ['serve', ...args] });
      expect([args, ended.code, ended.stdout]).toEqual([args, code, '']);
      const [line, ...others] = linesOf(ended.stderr);
      expect([args, others]).toEqual([args, []]);
      expect(line).toMatchObject({ level: 'error', event: 'failed', message: expect.stringMatching(told) });
      expect(line).toMatchObject({ time: expect.any(String), code: 'ERR_SETTING' });
    }
    const env = { IROH_PLATFORM_DASHBORD_PORT: '1' };
    const misspelt = await runChild(PROGRAM, { args: ['serve', ...data, ...json], env });
    expect(linesOf(misspelt.stderr).map(({ event }) => event)).toEqual(['warning', 'failed']);
    const words = await runChild(PROGRAM, { args: ['serve', ...data] });
    expect(words.stderr).toMatch(/^dataDir .* cannot be used: ENOTDIR.*\n$/);
  });

  it('is one object a line, tells what happens and who asked, and nothing that is secret', {
    timeout: 90_000,
  }, async () => {
    const { origin, stderr } = await serving('--log-format', 'json', '--log-level', 'debug');
    const secrets: string[] = [TOKEN];
    await until(() => stderr().includes('"set-up"'), 10_000);
    const setUp = linesOf(stderr()).find(({ event }) => event === 'set-up');
    const code = new URLSearchParams(new URL(String(setUp?.url)).hash.slice(1)).get('code') ?? '';
    const password = 'umbrella under water 77';
    const form = (path: string, fields: Record<string, string>, cookie = '') =>
      fetch(origin + path, {
        ...{ method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' },
        headers: { origin, ...(cookie === '' ? {} : { cookie }) },
      });
    const made = await form('/setup', { code, name: 'Ada', password });
    expect(made.status).toBe(303);
    const cookie = cookieOf(made);
    const wrong = 'a password nobody has 99';
    await form('/sign-in', { name: 'Ada', password: wrong });
    await form('/sign-in', { name: 'Ada', password });
    const asked = await fetch(`${origin}/api/v1/projects/default/secrets`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'staging' }),
    });
    const { secret } = (await asked.json()) as { secret: string };
    expect(secret).toMatch(/^services/);
    secrets.push(code, password, wrong, cookie.split('=')[1] ?? '', secret);
    // What somebody puts where it does not belong.
    for (const path of [`/?token=${TOKEN}`, `/${TOKEN}`, `/projects/${TOKEN}/endpoints`, `/assets/${TOKEN}`])
      await fetch(origin + path, { headers: { cookie } });
    await fetch(`${origin}/api/v1/projects/default/endpoints?search=${TOKEN}`, { headers: bearer() });
    await fetch(origin, { headers: bearer('not-the-token-0123456789-0123456789') });
    const app = NetDiagnostics.start(
      { apiSecret: secret, network: 'minimal', bindAddrs: ['loopback'], logger: false },
      {},
    );
    await app.ready({ timeoutMs: 15_000 });
    const { endpointId } = app.status();
    const run = await fetch(`${origin}/api/v1/projects/default/endpoints/${endpointId}/runs`, {
      method: 'POST',
      headers: { cookie, origin },
    });
    expect(run.status).toBe(202);
    await until(() => stderr().includes('"phase":"done"'), 20_000);
    await app.stop();
    const ended = await end();
    expect(ended.stdout).toBe('');
    const lines = linesOf(ended.stderr);
    for (const line of lines)
      expect(line).toMatchObject({
        level: expect.stringMatching(/^(?:debug|info|warn|error)$/),
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        event: expect.stringMatching(/^[a-z-]+$/),
        message: expect.any(String),
      });
    const of = (event: string) => lines.filter((line) => line.event === event);
    expect(of('started')).toHaveLength(1);
    expect(of('session-opened')).toMatchObject([{ level: 'debug', endpointId, project: 'default' }]);
    expect(of('run').at(-1)).toMatchObject({ level: 'info', phase: 'done', endpointId });
    const requests = of('request');
    const runs = requests.filter(({ route }) => String(route).endsWith('/runs'));
    expect(runs).toMatchObject([{ level: 'info', method: 'POST', status: 202, caller: { kind: 'user' } }]);
    expect(runs[0]).toMatchObject({ requestId: run.headers.get('x-request-id') });
    expect(
      requests.some(({ route, status, path }) => route === 'none' && status === 404 && path === null),
    ).toBe(true);
    const rest = ended.stderr
      .split('\n')
      .filter((line) => !line.includes('"event":"set-up"'))
      .join('\n');
    for (const text of secrets) {
      expect(text.length).toBeGreaterThan(8);
      expect(rest).not.toContain(text);
    }
  });

  it('is for people otherwise, and says as little as they want', { timeout: 60_000 }, async () => {
    const { origin } = await serving('--log-level', 'warn');
    await fetch(`${origin}/api/v1/projects/default/secrets`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json' },
      body: '{}',
    });
    const { stdout, stderr } = await end();
    expect(stdout).toMatch(/^Platform {3}[0-9a-f]{64}\nDashboard {2}http/);
    expect(stderr).toBe('');
  });
});
