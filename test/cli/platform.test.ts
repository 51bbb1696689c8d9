import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/index.js';
import { MAX_API_SECRETS } from '../../lib/services/constants.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { openIdentity } from '../../platform/identity.js';
import { tokenIn } from '../../platform/server/index.js';
import { type Child, runChild, startChild } from '../support/child.js';

const PROGRAM = `
import { run } from './lib/cli/run.js';
process.exitCode = await run(process.argv.slice(2));
`;

let dataDir: string;
let platform: Child | undefined;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'net-diagnostics-cli-')), 'data');
});
afterEach(async () => {
  platform?.process.kill('SIGKILL');
  await platform?.ended;
  platform = undefined;
  await rm(join(dataDir, '..'), { recursive: true, force: true });
});

async function startPlatform(): Promise<void> {
  platform = await startChild(PROGRAM, { args: ['platform', '--data', dataDir], timeoutMs: 60_000 });
  await platform.line(/^Dashboard {2}http/);
}

/** The secret that `platform secret` printed. */
async function makeSecret(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await runChild(PROGRAM, {
    args: ['platform', 'secret', '--data', dataDir, ...words],
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^IROH_SERVICES_API_SECRET=services[a-z2-7]+\n$/);
  return stdout.trim().slice('IROH_SERVICES_API_SECRET='.length);
}

async function expectGranted(apiSecret: string): Promise<void> {
  const app = NetDiagnostics.start(
    { apiSecret, network: 'minimal', bindAddrs: ['loopback'], logger: false },
    {},
  );
  expect(await app.ready({ timeoutMs: 10_000 })).toMatchObject({
    state: 'online',
    grant: { state: 'granted' },
  });
  await app.stop();
}

describe('iroh-net-diagnostics platform', () => {
  it('runs until Ctrl-C, makes secrets for apps meanwhile, and takes its note of the login away', async () => {
    await startPlatform();
    const note = join(dataDir, 'dashboard-url');
    expect(statSync(note).mode & 0o777).toBe(0o600);
    await expectGranted(await makeSecret('--label', 'from the command line'));
    platform?.process.kill('SIGINT');
    expect(await platform?.ended).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(note)).toBe(false);
  });

  it('ends, and says why, when it cannot note where it runs', async () => {
    await makeSecret();
    await mkdir(join(dataDir, 'dashboard-url'));
    const { code, stdout, stderr } = await runChild(PROGRAM, { args: ['platform', '--data', dataDir] });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('dashboard-url');
    await rmdir(join(dataDir, 'dashboard-url'));
    // And it has let go of its data folder.
    await startPlatform();
  });

  it('tells what the running platform refuses, in its words', async () => {
    await startPlatform();
    const url = new URL((await readFile(join(dataDir, 'dashboard-url'), 'utf8')).trim());
    const headers = { authorization: `Bearer ${tokenIn(url)}`, 'content-type': 'application/json' };
    for (let count = 0; count < MAX_API_SECRETS; count += 1)
      await fetch(new URL('/api/secrets', url), { method: 'POST', headers, body: '{}' });
    expect(await runChild(PROGRAM, { args: ['platform', 'secret', '--data', dataDir] })).toMatchObject({
      code: 1,
      stderr: 'There are 200 API secrets already: use or revoke one.\n',
    });
  });

  it('makes a secret before it runs, good once it does', async () => {
    const secret = await makeSecret();
    await startPlatform();
    await expectGranted(secret);
  });

  it('makes a secret after it was killed', async () => {
    await startPlatform();
    platform?.process.kill('SIGKILL');
    await platform?.ended;
    await makeSecret();
  });

  it('does not believe another process that has the port since it was killed', async () => {
    await startPlatform();
    const note = new URL((await readFile(join(dataDir, 'dashboard-url'), 'utf8')).trim());
    platform?.process.kill('SIGKILL');
    await platform?.ended;
    const foreign = SecretKey.fromBytes(new Uint8Array(32).fill(7));
    const theirs = ApiSecret.create(foreign, { id: foreign.id, relayUrls: [], directAddrs: [] }).reveal();
    const asked: string[] = [];
    const impostor = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ secret: theirs }));
    });
    await new Promise<void>((resolve) => impostor.listen(Number(note.port), '127.0.0.1', resolve));
    try {
      const made = ApiSecret.parse(await makeSecret());
      expect(asked).toEqual(['POST /api/secrets']);
      expect(made.platform.id).toBe((await openIdentity(dataDir)).id);
    } finally {
      impostor.close();
    }
  });

  it("does not follow another user's note of where it runs", async () => {
    await makeSecret();
    const note = join(dataDir, 'dashboard-url');
    await writeFile(note, 'http://127.0.0.1:9/login?token=x\n', { mode: 0o644 });
    const answer = await runChild(PROGRAM, { args: ['platform', 'secret', '--data', dataDir] });
    expect(answer).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('chmod 600') });
  });

  /** What `platform secret` says when it fails. */
  async function trouble(): Promise<string> {
    const { code, stdout, stderr } = await runChild(PROGRAM, {
      args: ['platform', 'secret', '--data', dataDir],
      timeoutMs: 40_000,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toMatch(/^ {4}at /m);
    return stderr;
  }

  it('that cannot be asked for a secret is told why, and where', { tags: ['slow'] }, async () => {
    await startPlatform();
    const note = join(dataDir, 'dashboard-url');
    const url = (await readFile(note, 'utf8')).trim();
    const { origin } = new URL(url);
    const elsewhere = createServer();
    const lookAt = (address: string) => writeFile(note, `${url.replace(origin, address)}\n`, { mode: 0o600 });
    try {
      platform?.process.kill('SIGSTOP');
      const held = /another process has it open/;
      const silent = await trouble();
      expect(silent).toContain(`The platform that should be at ${origin} did not answer within 5 s. `);
      expect(silent).toMatch(held);
      platform?.process.kill('SIGCONT');

      await writeFile(note, url.replace(/(token=).{20}/, '$1aaaaaaaaaaaaaaaaaaaa'), { mode: 0o600 });
      expect(await trouble()).toMatch(
        /did not take the login that is noted \(40[13]\)\. .*another process has it open/,
      );

      await writeFile(note, 'who knows', { mode: 0o600 });
      expect(await trouble()).toMatch(/dashboard-url does not say where\. .*another process has it open/);

      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
      const { port } = elsewhere.address() as AddressInfo;
      for (const [answer, why] of [
        [
          (response: ServerResponse) => response.writeHead(201).end('{"secret":"services"}'),
          /answered without the proof that it is this platform/,
        ],
        [
          (response: ServerResponse) => response.writeHead(409).end('{"error":"Call 555-0100 for help."}'),
          /answered without the proof that it is this platform/,
        ],
        [(response: ServerResponse) => response.writeHead(302, { location: '/' }).end(), /sent us elsewhere/],
        [
          (response: ServerResponse) => response.writeHead(200, { 'content-length': 9 }).flushHeaders(),
          /closed the connection/,
        ],
        [(response: ServerResponse) => response.socket?.destroy(), /closed the connection/],
      ] as const) {
        elsewhere.removeAllListeners('request');
        elsewhere.on('request', (_request, response: ServerResponse) => {
          answer(response);
          setTimeout(() => response.socket?.destroy(), 100);
        });
        await lookAt(`http://127.0.0.1:${port}`);
        expect(await trouble()).toMatch(why);
      }
    } finally {
      elsewhere.close();
      platform?.process.kill('SIGCONT');
    }
  });

  it('whose data folder is none is told in one line', async () => {
    await writeFile(dataDir, '');
    expect(await trouble()).toMatch(/^dataDir .* cannot be used: ENOTDIR/);
  });

  it('says which words are wrong', async () => {
    const answer = (...args: string[]) => runChild(PROGRAM, { args });
    expect(await answer('platfrom')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('"platfrom"'),
    });
    expect(await answer('platform', '--prot', '1')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('--prot'),
    });
    expect(await answer('platform', '--port', 'x')).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('0 to 65535'),
    });
    expect(await answer('platform', 'secret', '--data', dataDir, '--label', 'x'.repeat(61))).toMatchObject({
      code: 64,
      stderr: '--label has 61 characters; give at most 60.\n',
    });
  });

  it('teaches', async () => {
    for (const args of [[], ['--help'], ['platform', '--help'], ['platform', 'secret', '-h']]) {
      const { code, stdout } = await runChild(PROGRAM, { args });
      expect({ code, usage: stdout.startsWith('Usage: iroh-net-diagnostics ') }).toEqual({
        code: 0,
        usage: true,
      });
    }
  });
});
