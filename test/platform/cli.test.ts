import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/index.js';
import { MAX_API_SECRETS } from '../../lib/services/constants.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { createProgram } from '../../platform/cli/program.js';
import { openIdentity } from '../../platform/identities/index.js';
import { Program, type Run } from '../cli/program.js';
import { bearer, noteOf, TOKEN } from '../support/dashboard-door.js';
import { freePort } from '../support/free-port.js';

/** Bundled once: with a bundle for each start the tests would wait for the bundler most of the time. */
let program: Program;
beforeAll(async () => {
  program = await Program.build('platform/cli/main.ts');
});
afterAll(() => program.remove());

let dataDir: string;
let platform: Run | undefined;
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'net-diagnostics-cli-')), 'data');
});
afterEach(async () => {
  platform?.process.kill('SIGKILL');
  await platform?.ended;
  platform = undefined;
  await rm(join(dataDir, '..'), { recursive: true, force: true });
});

async function startPlatform(env: Record<string, string> = {}): Promise<void> {
  platform = program.start(['serve', '--data', dataDir], { timeoutMs: 60_000, env });
  await platform.until(/^Dashboard {2}http/m, 25_000);
}

/** The secret that `secret` printed. */
async function makeSecret(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await program.run(['secret', '--data', dataDir, ...words]);
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

describe('iroh-net-diagnostics-platform', () => {
  it('runs until Ctrl-C, makes secrets for apps meanwhile, and takes its note of the login away', async () => {
    await startPlatform();
    const note = join(dataDir, 'running.json');
    expect(statSync(note).mode & 0o777).toBe(0o600);
    await expectGranted(await makeSecret('--label', 'from the command line'));
    platform?.process.kill('SIGINT');
    expect(await platform?.ended).toMatchObject({
      code: 0,
      stderr: expect.not.stringMatching(/ (?:warn|error) /),
    });
    expect(existsSync(note)).toBe(false);
  });

  it('ends, and says why, when it cannot note where it runs', async () => {
    await makeSecret();
    await mkdir(join(dataDir, 'running.json'));
    const { code, stdout, stderr } = await program.run(['serve', '--data', dataDir]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('running.json');
    await rmdir(join(dataDir, 'running.json'));
    // And it has let go of its data folder.
    await startPlatform();
  });

  it('tells what the running platform refuses, in its words', async () => {
    await startPlatform();
    const { url, token } = await noteOf(dataDir);
    const headers = { ...bearer(token), 'content-type': 'application/json' };
    for (let count = 0; count < MAX_API_SECRETS; count += 1)
      await fetch(new URL('/api/v1/projects/default/secrets', url), { method: 'POST', headers, body: '{}' });
    expect(await program.run(['secret', '--data', dataDir])).toMatchObject({
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

  it('does not believe another process that has the port since it was killed, nor tell it the token of the options', async () => {
    await startPlatform({ IROH_PLATFORM_DASHBOARD_TOKEN: TOKEN });
    const { url } = await noteOf(dataDir);
    platform?.process.kill('SIGKILL');
    await platform?.ended;
    const foreign = SecretKey.fromBytes(new Uint8Array(32).fill(7));
    const theirs = ApiSecret.create(foreign, { id: foreign.id, relayUrls: [], directAddrs: [] }).reveal();
    const asked: string[] = [];
    const told: (string | undefined)[] = [];
    const impostor = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      told.push(request.headers.authorization);
      response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify({ secret: theirs }));
    });
    await new Promise<void>((resolve) => impostor.listen(Number(url.port), '127.0.0.1', resolve));
    try {
      const made = ApiSecret.parse(await makeSecret());
      expect(asked).toEqual(['POST /api/v1/projects/default/secrets']);
      expect(told).toEqual([expect.not.stringContaining(TOKEN)]);
      expect(made.platform.id).toBe((await openIdentity(dataDir)).id);
    } finally {
      impostor.close();
    }
  });

  it("does not follow another user's note of where it runs", async () => {
    await makeSecret();
    const note = join(dataDir, 'running.json');
    await writeFile(note, '{"url":"http://127.0.0.1:9/","token":"x"}\n', { mode: 0o644 });
    const answer = await program.run(['secret', '--data', dataDir]);
    expect(answer).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('chmod 600') });
  });

  /** What `secret` says when it fails. */
  async function trouble(): Promise<string> {
    const { code, stdout, stderr } = await program.run(['secret', '--data', dataDir]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).not.toMatch(/^ {4}at /m);
    return stderr;
  }

  const HELD = /another process has it open/;
  /** Writes the note of where it runs anew. */
  const renote = (text: string) => writeFile(join(dataDir, 'running.json'), text, { mode: 0o600 });

  it('that cannot be asked for a secret is told why, and where', { tags: ['slow'] }, async () => {
    await startPlatform();
    const { origin } = (await noteOf(dataDir)).url;
    platform?.process.kill('SIGSTOP');
    try {
      const silent = await trouble();
      expect(silent).toContain(`The platform that should be at ${origin} did not answer within 5 s. `);
      expect(silent).toMatch(HELD);
    } finally {
      platform?.process.kill('SIGCONT');
    }
  });

  it('whose note is wrong is told what in it, and that it runs', async () => {
    await startPlatform();
    const running = await noteOf(dataDir);
    const { origin } = running.url;
    await renote(JSON.stringify({ ...running, token: 'a'.repeat(43) }));
    const refused = await trouble();
    expect(refused).toMatch(/did not take the token that is noted \(40[13]\)\. /);
    expect(refused).toMatch(HELD);

    for (const text of ['who knows', '{}', '{"url":"nowhere","token":"x"}', `{"url":"${origin}"}`]) {
      await renote(text);
      const told = await trouble();
      expect(told).toMatch(/running\.json does not say where\. /);
      expect(told).toMatch(HELD);
    }
  });

  it('for which another program answers is told how that one is known', async () => {
    await startPlatform();
    const running = await noteOf(dataDir);
    const elsewhere = createServer();
    try {
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
      const { port } = elsewhere.address() as AddressInfo;
      await renote(JSON.stringify({ ...running, url: `http://127.0.0.1:${port}` }));
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
        expect(await trouble()).toMatch(why);
      }
    } finally {
      elsewhere.close();
    }
  });

  it('whose data folder is none is told in one line', async () => {
    await writeFile(dataDir, '');
    expect(await trouble()).toMatch(/^dataDir .* cannot be used: ENOTDIR/);
  });

  it.each([
    [['srve'], /unknown command 'srve'\n\(Did you mean serve\?\)/],
    [['quux'], /unknown command 'quux'/],
    [['serve', '--prot', '1'], /unknown option '--prot'\n\(Did you mean --port\?\)/],
    [['serve', '--port', 'x'], /'--port <n>' argument 'x' is invalid\. It must be a port from 0 to 65535\./],
    [['serve', '--port', '65536'], /0 to 65535/],
    [['serve', '--limit', 'session=9'], /session is no limit; there are sessions, sessionsPerSecret, /],
    [['serve', '--keep', 'reports=9'], /reports is no name of what is kept; there are reports.days, /],
    [
      ['serve', '--keep', 'metrics.rawHours=1'],
      /metrics.rawHours must be a whole number of hours from 2 to /,
    ],
    [['serve', '--limit', 'runs=none'], /runs must be a whole number from 1 to /],
    [['serve', '--port', '1e3'], /0 to 65535/],
    [['serve', 'now'], /too many arguments/],
    [
      ['serve', '--relay', 'https://relay.test/?quicPort=x'],
      /quicPort in a URL is a port from 1 to 65535, or none\./,
    ],
    [['secret', '--label', 'x'.repeat(61)], /It has 61 characters; give at most 60\./],
    [['secret', 'now'], /too many arguments/],
    [['secret', '--label'], /argument missing/],
    [['demo', '--dashboard-port', '65536'], /0 to 65535/],
    [['demo', 'now'], /too many arguments/],
  ])('refuses %j with 64', async (args, told) => {
    const answer = await program.run(args);
    expect(answer).toMatchObject({ code: 64, stdout: '', stderr: expect.stringMatching(told) });
  });

  it('never takes a secret as an argument, nor repeats one', async () => {
    const secret = await makeSecret();
    for (const args of [
      [secret],
      ['serve', '--data', `IROH_SERVICES_API_SECRET=${secret}`],
      ['secret', '--label', secret.slice(0, 40)],
      ['serve', '--relay', `https://${secret}`],
    ]) {
      const { code, stdout, stderr } = await program.run(args);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr.toLowerCase()).not.toContain(secret.slice(12, 24));
    }
  });

  it('never takes the password of a database as an argument, nor repeats it', async () => {
    for (const url of [
      'postgres://platform:hunter2@db.test/fleet',
      'postgresql://platform:hunter2@/fleet?host=/run/postgresql',
      'postgres://db.test/fleet?user=platform&password=hunter2',
    ]) {
      for (const args of [
        ['serve', '--database', url],
        ['secret', `--database=${url}`],
      ]) {
        const { code, stdout, stderr } = await program.run(args);
        expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
        expect(stderr).toContain('IROH_PLATFORM_DATABASE');
        expect(stderr).not.toContain('hunter2');
      }
    }
  });

  it('takes the database from the environment, and says what is wrong with it without its password', async () => {
    const env = { IROH_PLATFORM_DATABASE: `postgres://platform:hunter2@127.0.0.1:${await freePort()}/fleet` };
    const { code, stdout, stderr } = await program.run(['serve', '--data', dataDir], { env });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^The database \(127\.0\.0\.1:\d+, name fleet\) is not there: start PostgreSQL.*\n$/,
    );
  });

  it('teaches: each command with examples and exit codes', async () => {
    const general = await program.run(['--help']);
    for (const args of [[], ['-h'], ['help']])
      expect(await program.run(args)).toMatchObject({
        code: 0,
        stdout: general.stdout,
        stderr: '',
      });
    for (const command of createProgram().commands.filter((one) => one.name() !== 'help')) {
      expect(general.stdout).toContain(command.summary());
      for (const args of [
        [command.name(), '--help'],
        ['help', command.name()],
      ]) {
        const { code, stdout, stderr } = await program.run(args);
        expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
        expect(stdout.startsWith(`Usage: iroh-net-diagnostics-platform ${command.name()} `)).toBe(true);
        expect(stdout).toMatch(/Examples?:/);
        expect(stdout).toContain('Exit codes: 0 done, or ended by a signal; 1 failed; 64 wrong words');
        expect(stdout.split('\n').filter((line) => line.length > 120)).toEqual([]);
      }
    }
  });

  it('tells the version, which is that of its package.json', async () => {
    const { version } = JSON.parse(await readFile('platform/package.json', 'utf8'));
    for (const word of ['--version', '-V'])
      expect(await program.run([word])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it('prints to a reader that has gone without a crash', async () => {
    const run = program.start(['--help']);
    run.process.stdout.destroy();
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('the exit codes of its help', () => {
  let taken: Server;
  let port: string;
  const runs: Run[] = [];
  beforeAll(async () => {
    taken = createTcpServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    port = String((taken.address() as AddressInfo).port);
  });
  afterEach(async () => {
    for (const { process } of runs) process.kill('SIGKILL');
    await Promise.all(runs.splice(0).map(({ ended }) => ended));
  });
  afterAll(() => {
    taken.close();
  });

  function start(line: string): Run {
    const run = program.start(line.replace('DATA', dataDir).replace('PORT', port).split(' '), {
      timeoutMs: 60_000,
    });
    runs.push(run);
    return run;
  }

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('serve and demo: 0 ended by %s', async (signal) => {
    for (const line of ['serve --data DATA', 'demo']) {
      const run = start(line);
      await run.until(/^Dashboard {2}http/m);
      run.process.kill(signal);
      expect([line, (await run.ended).code]).toEqual([line, 0]);
    }
  });

  it('serve and demo: 1 could not start, in one line', async () => {
    for (const line of ['serve --data DATA --dashboard-port PORT', 'demo --dashboard-port PORT']) {
      const { code, stderr } = await start(line).ended;
      expect([line, code]).toEqual([line, 1]);
      expect(stderr).toMatch(/^The dashboard cannot listen on .*EADDRINUSE\.\n$/);
    }
  });

  it('serve and secret: 1 where the data folder can be none', async () => {
    for (const line of ['serve --data /dev/null/data', 'secret --data /dev/null/data']) {
      const { code, stderr } = await start(line).ended;
      expect([line, code]).toEqual([line, 1]);
      expect(stderr).toMatch(/^dataDir .* cannot be used: .*\n$/);
    }
  });

  it('help loads no native binding', async () => {
    for (const words of [['--help'], ['serve', '--help'], ['--version']])
      expect(await program.loadsBinding(words)).toBe(false);
  });
});
