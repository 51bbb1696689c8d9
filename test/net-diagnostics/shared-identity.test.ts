import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../../lib/client/index.js';
import { Platform, type PlatformEvent } from '../../platform/index.js';
import { type Child, runChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { MortalApps } from '../support/mortal-app.js';

const apps = new MortalApps();
const platforms: Platform[] = [];
const folders: string[] = [];
afterEach(async () => {
  await apps.close();
  await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function open() {
  const events: PlatformEvent[] = [];
  const platform = await Platform.start({
    ...{ dataDir: ':memory:', dashboard: false, port: 0, onEvent: (event) => events.push(event) },
  });
  platforms.push(platform);
  return { platform, events, apiSecret: (await platform.createApiSecret()).reveal() };
}

/** The same identity as another machine has it: a copy of the file. */
async function copyOfKey(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-copy-'));
  folders.push(folder);
  await copyFile(await apps.keyFile(), join(folder, 'key'));
  return join(folder, 'key');
}

const TOLD = /^log .*"event":"identity-shared"/;

/** Whether it told of another process so far. */
async function hasTold(child: Child): Promise<boolean> {
  return Promise.race([child.line(TOLD).then(() => true), sleep(0, false)]);
}

const CLUSTER = `import cluster from 'node:cluster';
  import { NetDiagnostics } from './lib/index.js';
  if (cluster.isPrimary) {
    const told = [1, 2].map(() => new Promise((resolve) => cluster.fork().on('message', resolve)));
    for (const text of await Promise.all(told)) console.log(text);
    for (const worker of Object.values(cluster.workers)) worker.kill('SIGKILL');
  } else {
    const warn = (_, { event }) =>
      event === 'identity-shared' && process.send('worker ' + cluster.worker.id + ' is told');
    NetDiagnostics.start({ ...JSON.parse(process.env.OPTIONS), logger: { info() {}, warn, error() {} } });
  }`;

async function statusOf(child: Child): Promise<Record<string, unknown>> {
  child.process.kill('SIGUSR2');
  return JSON.parse((await child.line(/^status /)).slice(7)) as Record<string, unknown>;
}

describe('two live processes with one key file', () => {
  it('on one host both say so at once, in the log and in status()', { timeout: 60_000 }, async () => {
    const { apiSecret } = await open();
    const first = await apps.start({ apiSecret });
    const second = await apps.start({ apiSecret });
    for (const { child } of [first, second]) {
      expect(JSON.parse((await child.line(TOLD)).slice(4))).toMatchObject({ level: 'warn' });
      expect(await statusOf(child)).toMatchObject({
        sharedIdentity: { at: expect.any(String), message: expect.stringMatching(/key/) },
      });
    }
  });

  it('as workers of one cluster, which share what they listen on, say so too', {
    timeout: 60_000,
  }, async () => {
    const { apiSecret } = await open();
    const { stdout } = await runChild(CLUSTER, {
      env: {
        OPTIONS: JSON.stringify({ apiSecret, secretKeyFile: await apps.keyFile(), network: 'minimal' }),
      },
    });
    expect(stdout.trim().split('\n').sort()).toEqual(['worker 1 is told', 'worker 2 is told']);
  });

  it('say nothing after a crash: a dead process holds no lock', { timeout: 60_000 }, async () => {
    const { apiSecret } = await open();
    const first = await apps.start({ apiSecret });
    await first.crash();
    const second = await apps.start({ apiSecret });
    await sleep(1_500);
    expect(await hasTold(second.child)).toBe(false);
    expect(await statusOf(second.child)).toMatchObject({ state: 'online', sharedIdentity: null });
  });

  it('work without the lock where it cannot be made', { timeout: 60_000 }, async () => {
    const { apiSecret } = await open();
    await mkdir(`${await apps.keyFile()}.lock`);
    const { child } = await apps.start({ apiSecret });
    expect(await hasTold(child)).toBe(false);
    expect(await statusOf(child)).toMatchObject({ state: 'online', sharedIdentity: null });
  });

  it('on two hosts are told by the platform, which tells its operator', {
    timeout: 240_000,
    tags: ['slow'],
  }, async () => {
    const { platform, events, apiSecret } = await open();
    // Five times as soon as in service.
    const clientLimits = { ...DEFAULT_CLIENT_LIMITS, replacedRetryMs: 4_000 };
    const env = { PARTS: JSON.stringify({ clientLimits }) };
    const first = await apps.start({ apiSecret }, env);
    const second = await apps.start({ apiSecret, secretKeyFile: await copyOfKey() }, env);
    expect(second.id).toBe(first.id);
    await first.child.line(TOLD);
    expect(await statusOf(first.child)).toMatchObject({
      state: 'connecting',
      reason: 'identity-in-use',
      retryAt: expect.any(String),
      sharedIdentity: { message: expect.stringMatching(/another process/) },
    });
    // The button works, for the one that came last.
    await platform.dialBack(first.id);
    // Then the first comes back, and the second is told.
    await second.child.line(TOLD);
    await until(() => events.some(({ type }) => type === 'identity-shared'), 150_000);
    expect((await platform.endpoint(first.id))?.sharedIdentityAt).toEqual(expect.any(Number));
  });

  it('and one that crashes again and again is no second one', { timeout: 60_000 }, async () => {
    const { platform, events, apiSecret } = await open();
    let id = madeUpId('');
    for (let round = 0; round < 4; round += 1) {
      const app = await apps.start({ apiSecret });
      id = app.id;
      await app.crash();
    }
    expect(events.filter(({ type }) => type === 'identity-shared')).toEqual([]);
    expect((await platform.endpoint(id))?.sharedIdentityAt).toBeNull();
  });
});
