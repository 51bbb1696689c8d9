import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { StepResult } from '../../lib/cli/doctor/step.js';
import { STEP_NAMES } from '../../lib/cli/doctor/step.js';
import { ApiSecret, SecretKey } from '../../lib/wire/index.js';
import type { Platform } from '../../platform/index.js';
import { Stage } from '../platform/stage.js';
import { until } from '../support/fake-time.js';
import { HttpRelay } from '../support/http-relay.js';
import { Program, type RunResult } from './program.js';

const ON_LOOPBACK = { NET_DIAGNOSTICS_NETWORK: 'minimal', NET_DIAGNOSTICS_BIND: 'loopback' };

let program: Program;
const stage = new Stage();
let platform: Platform;
let secret: ApiSecret;
beforeAll(async () => {
  program = await Program.build();
});
afterAll(() => program.remove());
beforeEach(async () => {
  platform = await stage.platform();
  secret = await platform.createApiSecret('doctor');
});
afterEach(() => stage.close());

interface Diagnosis extends RunResult {
  ok: boolean;
  steps: StepResult[];
}

async function doctor(
  words: readonly string[],
  apiSecret: string | null,
  env: Record<string, string> = {},
): Promise<Diagnosis> {
  const given: Record<string, string> = apiSecret === null ? {} : { IROH_SERVICES_API_SECRET: apiSecret };
  const result = await program.run(['doctor', '--json', ...words], {
    env: { ...ON_LOOPBACK, ...given, ...env },
  });
  expect(result.stderr).toBe('');
  if (apiSecret !== null) expect(result.stdout).not.toContain(apiSecret.slice(8, 30));
  const { ok, steps } = JSON.parse(result.stdout) as Pick<Diagnosis, 'ok' | 'steps'>;
  expect(steps.map(({ name }) => name)).toEqual(STEP_NAMES);
  expect(steps.every(({ outcome, fix }) => (outcome === 'failed') === (fix !== null))).toBe(true);
  return { ...result, ok, steps };
}

/** `settings ok, secret ok, …` without what went well. */
const troubles = ({ steps }: Diagnosis) =>
  Object.fromEntries(steps.flatMap(({ name, outcome }) => (outcome === 'ok' ? [] : [[name, outcome]])));
const step = ({ steps }: Diagnosis, name: StepResult['name']) => steps.find((result) => result.name === name);

const AFTER_ENDPOINT = { relays: 'skipped', platform: 'skipped', authorised: 'skipped', grant: 'skipped' };

describe('doctor', () => {
  it('passes on a good platform, names itself there, and grants nothing unasked', async () => {
    const diagnosis = await doctor([], secret.reveal());
    expect([diagnosis.code, diagnosis.ok, troubles(diagnosis)]).toEqual([
      0,
      true,
      { relays: 'skipped', grant: 'skipped' },
    ]);
    expect(step(diagnosis, 'secret')?.detail).toContain(secret.keyId);
    expect(step(diagnosis, 'platform')?.detail).toMatch(
      /^reached directly at (127\.0\.0\.1|\[::1\]):\d+, round trip/,
    );
    expect(step(diagnosis, 'grant')?.detail).toMatch(/^left out; --grant /);
    const [endpoint] = (await platform.endpoints()).endpoints;
    expect(endpoint?.name).toBe('iroh-net-diagnostics doctor');
    expect(stage.events.filter(({ type }) => type === 'granted')).toEqual([]);
  });

  it('grants when it is asked to, and is gone afterwards', async () => {
    const diagnosis = await doctor(['--grant'], secret.reveal());
    expect([diagnosis.code, step(diagnosis, 'grant')?.outcome]).toEqual([0, 'ok']);
    const { endpoints } = await platform.endpoints();
    expect(endpoints).toHaveLength(1);
    await until(async () => (await platform.endpoints()).endpoints.every(({ isOnline }) => !isOnline));
  });

  it('prints a line a step, without --json', async () => {
    const env = { ...ON_LOOPBACK, IROH_SERVICES_API_SECRET: secret.reveal() };
    const { code, stdout } = await program.run(['doctor'], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ok {7}settings .* ms {2}valid: network minimal, no relays, bound to loopback\n/);
    expect(stdout).toMatch(/\nskipped {2}grant .*\n\nAll is well\.\n$/);
  });

  it('finds a secret that the platform does not take', async () => {
    const forged = ApiSecret.create(SecretKey.fromBytes(randomBytes(32)), platform.address);
    const diagnosis = await doctor(['--grant'], forged.reveal());
    expect([diagnosis.code, troubles(diagnosis)]).toEqual([
      1,
      { relays: 'skipped', authorised: 'failed', grant: 'skipped' },
    ]);
    expect(step(diagnosis, 'authorised')?.detail).toContain('401');
    expect(step(diagnosis, 'authorised')?.fix).toMatch(/make a new one on its dashboard/);
  });

  it('finds a platform that is down, in the time it has', async () => {
    await platform.stop();
    const diagnosis = await doctor(['--timeout', '1500'], secret.reveal());
    expect([diagnosis.code, troubles(diagnosis)]).toEqual([
      1,
      { relays: 'skipped', platform: 'failed', authorised: 'skipped', grant: 'skipped' },
    ]);
    expect(step(diagnosis, 'platform')?.fix).toMatch(/^Check that the platform runs/);
    expect(diagnosis.durationMs).toBeLessThan(1_500 + 5_000);
  });

  it('says which step the time was up at', async () => {
    await platform.stop();
    const env = { ...ON_LOOPBACK, IROH_SERVICES_API_SECRET: secret.reveal() };
    const { code, stdout } = await program.run(['doctor', '--timeout', '500'], { env });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /\nfailed {3}platform .* nothing answered in time\n +-> Check that the platform runs/,
    );
    expect(stdout).toMatch(/\n1 of 8 steps failed\.\n$/);
  });

  it('finds a malformed secret, and none', async () => {
    const malformed = await doctor([], secret.reveal().slice(0, -4));
    expect([malformed.code, troubles(malformed)]).toEqual([1, { secret: 'failed', ...AFTER_ENDPOINT }]);
    const none = await doctor([], null);
    expect([none.code, troubles(none)]).toEqual([1, { secret: 'failed', ...AFTER_ENDPOINT }]);
    expect(step(none, 'secret')).toMatchObject({
      detail: 'there is none',
      fix: expect.stringContaining('--secret-file'),
    });
    expect(step(none, 'endpoint')?.detail).toMatch(/^bound to 127\.0\.0\.1:/);
  });

  it('finds settings that are wrong, or switch everything off', async () => {
    const wrong = await doctor([], secret.reveal(), { NET_DIAGNOSTICS_BIND: 'nowhere' });
    expect(troubles(wrong)).toEqual({ settings: 'failed', endpoint: 'skipped', ...AFTER_ENDPOINT });
    expect(step(wrong, 'settings')?.detail).toContain('NET_DIAGNOSTICS_BIND');
    const off = await doctor([], secret.reveal(), { NET_DIAGNOSTICS_ENABLED: 'false' });
    expect(step(off, 'settings')?.fix).toContain('NET_DIAGNOSTICS_ENABLED');
  });

  it('names a variable that no setting reads', async () => {
    const misspelt = await doctor([], null, { NET_DIAGNOSTICS_RELAY: 'https://relay.test' });
    expect(step(misspelt, 'settings')?.detail).toMatch(
      /NET_DIAGNOSTICS_RELAY is not known\. Did you mean NET_DIAGNOSTICS_RELAYS\?/,
    );
  });

  it('finds sockets that cannot be bound', async () => {
    const diagnosis = await doctor([], secret.reveal(), { NET_DIAGNOSTICS_BIND: '192.0.2.1:0' });
    expect(troubles(diagnosis)).toEqual({ endpoint: 'failed', ...AFTER_ENDPOINT, relays: 'skipped' });
    expect(step(diagnosis, 'endpoint')?.fix).toContain('NET_DIAGNOSTICS_BIND');
  });

  it('asks the relays of the secret, and goes on when they are silent', async () => {
    const relay = await HttpRelay.start();
    const { address } = platform;
    const key = SecretKey.fromBytes(randomBytes(32));
    const withRelay = () => ApiSecret.create(key, { ...address, relayUrls: [relay.url] }).reveal();
    try {
      const up = await doctor([], withRelay(), { NET_DIAGNOSTICS_DEADLINE: '500' });
      expect(step(up, 'relays')).toMatchObject({
        outcome: 'ok',
        detail: expect.stringContaining('answers in'),
      });
    } finally {
      await relay.stop();
    }
    const down = await doctor([], withRelay(), { NET_DIAGNOSTICS_DEADLINE: '500' });
    expect(step(down, 'relays')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('ECONNREFUSED'),
    });
    expect(step(down, 'platform')?.outcome).toBe('ok');
  });

  it('reads the secret from standard input', async () => {
    const { code, stdout } = await program.run(['doctor', '-'], {
      env: ON_LOOPBACK,
      stdin: `IROH_SERVICES_API_SECRET=${secret.reveal()}\n`,
    });
    expect([code, stdout]).toEqual([0, expect.stringContaining('All is well.')]);
  });

  it('can be left while it waits for a secret', async () => {
    const run = program.start(['doctor', '-'], { env: ON_LOOPBACK, stdin: null });
    await sleep(500);
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: null, stdout: '', stderr: '' });
  });

  it('ends on Ctrl-C', async () => {
    await platform.stop();
    const env = { ...ON_LOOPBACK, IROH_SERVICES_API_SECRET: secret.reveal() };
    const run = program.start(['doctor'], { env });
    await run.until(/endpoint/);
    const startedAt = performance.now();
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 130, stderr: '' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
