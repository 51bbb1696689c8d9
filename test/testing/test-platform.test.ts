import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resolveSettings } from '../../lib/core.js';
import { NetDiagnostics, type NetDiagnosticsOptions } from '../../lib/index.js';
import { startImpatient, TestPlatform } from '../../lib/testing/index.js';
import { QUICK_RETRIES, toEnv } from '../../lib/testing/quick.js';
import { bindNative } from '../net-diagnostics/stage.js';
import { runChild } from '../support/child.js';
import { until } from '../support/fake-time.js';

const apps: NetDiagnostics[] = [];
const platforms: TestPlatform[] = [];
let shared: TestPlatform;
beforeAll(async () => {
  shared = await TestPlatform.start();
});
afterAll(() => shared.stop());
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  await Promise.all(platforms.splice(0).map((platform) => platform.stop()));
});

async function ownPlatform(): Promise<TestPlatform> {
  const platform = await TestPlatform.start();
  platforms.push(platform);
  return platform;
}

function start(platform: TestPlatform, options: NetDiagnosticsOptions = {}): NetDiagnostics {
  const app = startImpatient(platform.options({ logger: false, ...options }));
  apps.push(app);
  return app;
}

describe('a TestPlatform', () => {
  it('sees the grant, dials back, and keeps the report as it came over the wire', async () => {
    const app = start(shared, { name: 'web-1' });
    const granted = await shared.granted({ name: 'web-1' });
    expect(granted).toEqual({
      endpointId: app.status().endpointId,
      caps: ['net-diagnostics:get-any'],
      expiresAt: expect.any(Number),
    });
    const report = await shared.dialBack();
    expect(report.endpointId).toBe(granted.endpointId);
    expect(report.directAddrs.every(({ ip }) => ip === '127.0.0.1' || ip === '::1')).toBe(true);
    expect(await shared.reports({ app })).toMatchObject([{ source: 'dial-back', report }]);
    expect(await shared.reports({ name: 'web-2' })).toEqual([]);
  });

  it('says what is wrong with an option, and which was meant', async () => {
    await expect(TestPlatform.start({ timeout: 5 } as object)).rejects.toThrow(
      '`timeout` of TestPlatform.start() is not known. Did you mean `timeoutMs`?',
    );
    await expect(TestPlatform.start({ timeoutMs: -1 })).rejects.toMatchObject({ code: 'ERR_SETTING' });
  });

  it('gives the environment the same settings as the options', () => {
    const fromOptions = resolveSettings(shared.options(), {});
    const fromEnv = resolveSettings({}, shared.env);
    expect(fromEnv).toEqual(fromOptions);
    expect(fromEnv.apiSecret?.reveal()).toBe(fromOptions.apiSecret?.reveal());
    expect(fromEnv).toMatchObject({ network: 'minimal', bindAddrs: 'loopback', deadline: 500 });
    expect(fromEnv.metrics).toEqual({ intervalMs: 0, registries: [] });
    const own = { group: 'staging', attributes: { region: 'eu', tier: '' } };
    expect(resolveSettings({}, toEnv(own))).toMatchObject(own);
  });

  it("lets an app's own options win, and leaves the network of its own endpoint alone", async () => {
    expect(shared.options({ deadline: 3_000, metrics: 60_000 })).toMatchObject({
      deadline: 3_000,
      metrics: 60_000,
    });
    const endpoint = await bindNative([]);
    const app = start(shared, { endpoint, acceptLoop: 'router' });
    expect((await shared.dialBack({ app })).endpointId).toBe(app.status().endpointId);
    await app.stop();
    await endpoint.close();
  });

  it('tells apps apart by themselves or by their names, and says so when it has to', async () => {
    const [first, second] = [start(shared, { name: 'first' }), start(shared, { name: 'second' })];
    const { endpointId } = await shared.granted({ app: first });
    expect(endpointId).toBe(first.status().endpointId);
    expect((await shared.granted({ name: 'second' })).endpointId).toBe(second.status().endpointId);
    await expect(shared.granted({ timeoutMs: 50 })).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringMatching(/2 apps are connected \(.*"first".*\): say which/),
    });
    await first.stop();
    expect((await shared.granted()).endpointId).toBe(second.status().endpointId);
  });

  it('says what it waits for', async () => {
    const platform = await ownPlatform();
    const failure = (choice: Parameters<TestPlatform['granted']>[0] = {}) =>
      platform.granted({ timeoutMs: 300, ...choice }).then(
        () => 'granted',
        (error: Error) => error.message,
      );
    expect(await failure()).toMatch(/^No grant within 300 ms. No such app has come: .*platform.options\(\)/);
    const app = start(platform, { name: 'shy', grant: false });
    await app.ready();
    expect(await failure({ app })).toMatch(/"shy" \(.*\) is connected. No grant: .* The app says: online\.$/);
    expect(await failure({ name: 'other' })).toMatch(/No such app.*There are others: "shy"/);
    app.grant();
    await platform.granted();
    await app.stop();
    await until(async () => (await platform.endpoints())[0]?.isOnline === false);
    expect(await failure({ app })).toMatch(/"shy" \(.*\) is gone. Offline: .* The app says: stopped\.$/);
    const disabled = start(platform, { apiSecret: null });
    expect(await failure({ app: disabled })).toMatch(/The app says: disabled \(no-secret\)\.$/);
  });

  it('goes away and comes back, with all that it knew', async () => {
    const platform = await ownPlatform();
    const app = start(platform);
    await platform.dialBack();
    await platform.goAway();
    await platform.goAway();
    await until(() => app.status().state === 'connecting');
    await expect(platform.granted({ timeoutMs: 50 })).rejects.toThrow(/is away: call comeBack/);
    expect(await platform.reports()).toHaveLength(1);
    // Long enough for an attempt that finds nobody.
    await until(() => app.status().reason === 'platform-unreachable');
    await platform.comeBack();
    await platform.comeBack();
    expect((await platform.dialBack({ app })).endpointId).toBe(app.status().endpointId);
    expect(app.status().state).toBe('online');
    expect(await platform.reports()).toHaveLength(2);
  });

  it('finds an app with the patience of real networks within the usual time', async () => {
    const platform = await ownPlatform();
    const app = NetDiagnostics.start(platform.options({ logger: false }), {});
    apps.push(app);
    await platform.granted();
    await platform.goAway();
    await until(() => app.status().state === 'connecting');
    await sleep(1_000);
    await platform.comeBack();
    await platform.granted();
  });

  it('refuses, and says so', async () => {
    const platform = await ownPlatform();
    const app = start(platform);
    await platform.granted();
    await platform.refuse();
    await until(() => app.status().state === 'unauthorized');
    expect(app.status().reason).toBe('refused-by-platform');
    await expect(platform.granted({ app, timeoutMs: 300 })).rejects.toThrow(
      /refused: the API secret is revoked\. The app says: unauthorized \(refused-by-platform\)/,
    );
    const late = start(platform);
    await until(() => late.status().state === 'unauthorized');
  });

  it("tells the app's refusals apart", async () => {
    const app = start(shared);
    await shared.granted();
    app.pause();
    await expect(shared.dialBack()).rejects.toMatchObject({ kind: 'vetoed', code: 'ERR_REMOTE' });
    app.resume();
    await app.revoke();
    await expect(shared.dialBack()).rejects.toMatchObject({ kind: 'token-refused' });
  });

  it('gets what an app uploads by itself', async () => {
    const app = NetDiagnostics.start(
      shared.options({ logger: false, reportOnStart: true }),
      {},
      {
        ...QUICK_RETRIES,
        random: () => 0,
      },
    );
    apps.push(app);
    await until(async () => (await shared.reports({ app })).length === 1);
    expect(await shared.reports({ app })).toMatchObject([{ source: 'upload', durationMs: null }]);
  });

  it('stops, once, and waits for nobody any more', async () => {
    const platform = await TestPlatform.start();
    const app = start(platform);
    await platform.dialBack();
    const waiting = platform.granted({ name: 'nobody' });
    await Promise.all([
      platform.stop(),
      platform[Symbol.asyncDispose](),
      expect(waiting).rejects.toMatchObject({ code: 'ERR_STATE' }),
    ]);
    await expect(platform.dialBack()).rejects.toMatchObject({ code: 'ERR_STATE' });
    await expect(platform.comeBack()).rejects.toMatchObject({ code: 'ERR_STATE' });
    expect(await platform.reports({ app })).toHaveLength(1);
  });

  it('lets its process end by itself', async () => {
    const { code, stderr, durationMs } = await runChild(
      `import { NetDiagnostics } from './lib/index.js';
       import { TestPlatform } from './lib/testing/index.js';
       const platform = await TestPlatform.start();
       const app = NetDiagnostics.start({ logger: false }, platform.env);
       await platform.dialBack();
       await app.stop();
       await platform.stop();`,
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(durationMs).toBeLessThan(10_000);
  });
});
