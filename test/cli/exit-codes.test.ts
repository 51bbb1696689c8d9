import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../lib/cli/commands.js';
import { TestPlatform } from '../../lib/testing/index.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import { Program, type Run, type RunOptions } from './program.js';

/** Nobody but this machine is asked. */
const QUIET = { NET_DIAGNOSTICS_NETWORK: 'minimal', NET_DIAGNOSTICS_BIND: 'loopback' };

/** The secret of a platform that is not there. */
const key = SecretKey.fromBytes(new Uint8Array(32).fill(7));
const NOWHERE = ApiSecret.create(key, {
  id: key.id,
  relayUrls: [],
  directAddrs: [{ family: 4, ip: '127.0.0.1', port: 9 }],
});

let program: Program;
let platform: TestPlatform;
let secret: string;
let folder: string;
/** A TCP port that somebody else has. */
let taken: Server;
let port: string;
beforeAll(async () => {
  program = await Program.build();
  platform = await TestPlatform.start();
  secret = platform.env.IROH_SERVICES_API_SECRET ?? '';
  taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  port = String((taken.address() as AddressInfo).port);
});
afterAll(async () => {
  taken.close();
  await platform.stop();
  await program.remove();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-exit-'));
});
const runs: Run[] = [];
afterEach(async () => {
  for (const { process } of runs) process.kill('SIGKILL');
  await Promise.all(runs.splice(0).map(({ ended }) => ended));
  await rm(folder, { recursive: true });
});

function start(line: string, options: RunOptions = {}): Run {
  const words = line.replace('PORT', port).split(' ');
  const run = program.start(words, { ...options, env: { ...QUIET, ...options.env }, timeoutMs: 60_000 });
  runs.push(run);
  return run;
}

/** The code it ends with, and what it said on standard error. */
async function codeOf(line: string, options?: RunOptions): Promise<[number | null, string]> {
  const { code, stderr } = await start(line, options).ended;
  return [code, stderr];
}

/** What the help of a command says of its codes: `0 all is well` and so on. */
async function saidBy(command: string): Promise<string> {
  const { stdout } = await program.run([...command.split(' '), '--help']);
  return stdout.slice(stdout.indexOf('Exit codes'));
}

describe('the exit codes that the help names', () => {
  it('are those of a list here, for each command: a new one needs a test', async () => {
    const codes = await Promise.all(
      COMMANDS.map(async ({ name }) => [
        name,
        [...(await saidBy(name)).matchAll(/\b\d+\b/g)].map(([code]) => code).join(' '),
      ]),
    );
    expect(Object.fromEntries(codes)).toEqual({
      report: '0 1 2 3 64 70 129 143',
      peer: '0 1 64 129 143',
      doctor: '0 1 64 129 143',
      'secret inspect': '0 1 64',
      demo: '0 1 64',
    });
  });

  it('doctor: 0 all is well, 1 a step failed', async () => {
    const well = { env: { IROH_SERVICES_API_SECRET: secret } };
    expect(await codeOf('doctor', well)).toEqual([0, '']);
    expect(await codeOf('doctor')).toEqual([1, '']);
    const json = await start('doctor --json').ended;
    expect([json.code, JSON.parse(json.stdout).ok]).toEqual([1, false]);
  });

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('doctor and report: %s is %i', async (signal, code) => {
    // It dials an address where nobody answers, until its time is up.
    const env = { IROH_SERVICES_API_SECRET: NOWHERE.reveal() };
    const run = start('doctor --timeout 60000', { env });
    await run.until(/^ok .* endpoint/m);
    run.process.kill(signal);
    expect((await run.ended).code).toBe(code);
    // The relay takes the connection, and says nothing.
    const asked = once(taken, 'connection');
    const report = start('report --relay http://127.0.0.1:PORT --probe https --deadline 60000');
    await asked;
    report.process.kill(signal);
    expect((await report.ended).code).toBe(code);
  });

  it('report: 3 grey, where nobody was asked', async () => {
    expect((await codeOf('report --probe route'))[0]).toBe(3);
  });

  it('report: 70 when none could be made', async () => {
    expect(await codeOf('report --probe route', { env: { NET_DIAGNOSTICS_DEADLINE: 'soon' } })).toEqual([
      70,
      expect.stringContaining('NET_DIAGNOSTICS_DEADLINE'),
    ]);
  });

  it('secret inspect: 0 shown, 1 no secret or a malformed one', async () => {
    expect(await codeOf('secret inspect', { env: { IROH_SERVICES_API_SECRET: `"${secret}"` } })).toEqual([
      0,
      '',
    ]);
    expect(await codeOf('secret inspect')).toEqual([1, expect.stringMatching(/^There is no API secret/)]);
    expect(await codeOf('secret inspect', { env: { IROH_SERVICES_API_SECRET: 'services' } })).toEqual([
      1,
      expect.stringContaining('IROH_SERVICES_API_SECRET'),
    ]);
    const file = join(folder, 'secret');
    await writeFile(file, secret);
    expect(await codeOf('secret inspect', { env: { IROH_SERVICES_API_SECRET_FILE: file } })).toEqual([0, '']);
  });

  it.each([
    ['report --deadline soon', /^--deadline was "soon"; it must be a whole number of milliseconds/],
    ['doctor --timeout 0', /^--timeout was "0"; it must be a whole number of milliseconds/],
    ['doctor now', /^The only word that may stand here is "-"/],
    ['secret inspect now', /^The only word that may stand here is "-"/],
    ['secret inspect --jso', /^There is no option "--jso"\. Did you mean --json\?/],
  ])('%s: 64 wrong words', async (line, told) => {
    expect(await codeOf(line)).toEqual([64, expect.stringMatching(told)]);
  });
});
