import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import { TestPlatform } from '../../lib/testing/index.js';
import type { NativeEndpoint } from '../../lib/transport/index.js';
import { startChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { dialBack, IMPATIENT, LOCAL, Memory, Stage, seenBy } from './stage.js';

const stage = new Stage();
afterEach(() => stage.clear());

/** How long `stop()` takes, in milliseconds. */
async function stopping(app: NetDiagnostics): Promise<number> {
  const startedAt = performance.now();
  await app.stop();
  expect(app.status()).toMatchObject({ state: 'stopped', reason: null });
  return performance.now() - startedAt;
}

describe('stop()', () => {
  it('works before begin(), which then opens nothing', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const app = NetDiagnostics.prepare({ ...LOCAL, apiSecret, logger: false }, {});
    expect(await stopping(app)).toBeLessThan(100);
    app.begin();
    expect(app.status().state).toBe('stopped');
  });

  it('works while the endpoint is being bound', async () => {
    const { apiSecret } = await stage.absentPlatform();
    expect(await stopping(stage.start({ apiSecret }))).toBeLessThan(1_000);
  });

  it('works while the promise of the app’s own endpoint is pending, for ever perhaps', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const app = stage.start({
      apiSecret,
      endpoint: new Promise<NativeEndpoint>(() => {}),
      acceptLoop: 'router',
    });
    expect(await stopping(app)).toBeLessThan(500);
  });

  it('works while it dials a platform that does not answer', async () => {
    const platform = await stage.absentPlatform();
    // A port where nobody is: the binding would wait for 30 s.
    await platform.endpoint.close();
    const app = stage.start({ apiSecret: platform.apiSecret }, {});
    await until(() => app.status().state === 'connecting');
    expect(await stopping(app)).toBeLessThan(5_000);
  });

  it('works while it waits before the next attempt', async () => {
    const platform = await stage.absentPlatform();
    const app = stage.start({ apiSecret: platform.apiSecret }, IMPATIENT);
    await until(() => app.status().reason === 'platform-unreachable');
    expect(await stopping(app)).toBeLessThan(5_000);
  });

  it('lets an answer that is on its way arrive, and tells of it as answered', async () => {
    const platform = await TestPlatform.start();
    for (let round = 0; round < 5; round += 1) {
      const memory = new Memory();
      const app = stage.start(platform.options({ logger: memory, onEvent: memory.onEvent }));
      // The platform has the answer before the app knows so.
      await platform.dialBack({ app });
      expect(await stopping(app)).toBeLessThan(1_000);
      const told = memory.events.flatMap((event) => (event.type === 'dial-back' ? [event.outcome] : []));
      expect(told).toEqual(['answered']);
    }
    await platform.stop();
  });

  it('ends a session, also when called twice, and later dial-backs find nobody', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    const address = await seenBy(platform, app);
    const [first, second] = [app.stop(), app.stop()];
    expect(first).toBe(second);
    expect(await stopping(app)).toBeLessThan(2_000);
    await until(() => platform.connections[0]?.closeReason !== null);
    await expect(dialBack(platform, address)).rejects.toThrow();
    await expect(app.run()).rejects.toMatchObject({ code: 'ERR_STATE' });
    expect(await app.ready()).toMatchObject({ state: 'stopped' });
  });

  it('ends a dial-back that is under way', async () => {
    const platform = await stage.platform();
    let asked = false;
    const onRequest = () => {
      asked = true;
      return new Promise<boolean>(() => {});
    };
    const app = stage.start({ apiSecret: platform.apiSecret, onRequest });
    await app.ready({ timeoutMs: 10_000 });
    const answer = dialBack(platform, await seenBy(platform, app)).catch((error: unknown) => error);
    await until(() => asked);
    expect(await stopping(app)).toBeLessThan(2_500);
    expect(await answer).toBeInstanceOf(Error);
  });

  it('ends a run under way and wakes who waits in ready()', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const app = stage.start({ apiSecret, deadline: 60_000, relays: ['http://127.0.0.1:9'] });
    const run = app.run().then(
      ({ endedBy }) => endedBy,
      () => 'rejected',
    );
    const ready = app.ready();
    await stopping(app);
    expect(await run).toMatch(/aborted|finished|no-route/);
    expect((await ready).state).toBe('stopped');
  });

  it('leaves a run of its caller’s own signal to that signal', async () => {
    const app = stage.start({});
    const report = await app.run({ signal: AbortSignal.abort() });
    expect(report.endedBy).toBe('aborted');
  });
});

describe('a process', () => {
  const program = (rest: string) => `
    import { NetDiagnostics } from './lib/net-diagnostics/net-diagnostics.js';
    const diagnostics = NetDiagnostics.start({
      network: 'minimal', bindAddrs: ['loopback'], metrics: 1000, logger: false,
    });
    ${rest}`;
  const exit = `process.on('exit', (code) => console.log('exit', code, diagnostics.status().state));`;

  it.each([
    ['that never had a secret', '', {}],
    ['stopped at once', 'diagnostics.stop();', null],
    [
      'stopped while online',
      `await diagnostics.ready({ timeoutMs: 10000 }); console.log(diagnostics.status().state); await diagnostics.stop();`,
      null,
    ],
    [
      'stopped while the platform is away',
      `await new Promise((r) => setTimeout(r, 300)); await diagnostics.stop();`,
      'absent',
    ],
  ])('%s exits by itself', async (_, rest, kind) => {
    const platform = kind === 'absent' ? await stage.absentPlatform() : await stage.platform();
    const env =
      kind === null || kind === 'absent' ? { IROH_SERVICES_API_SECRET: platform.apiSecret.reveal() } : {};
    const child = await startChild(program(exit + rest), { env: { IROH_SERVICES_API_SECRET: '', ...env } });
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(ended.stdout).toMatch(/exit 0 (disabled|stopped)/);
    if (rest.includes('ready')) expect(ended.stdout).toContain('online');
    expect(ended.durationMs).toBeLessThan(6_000);
  });

  it('that still serves stays alive', async () => {
    const platform = await stage.platform();
    const env = { IROH_SERVICES_API_SECRET: platform.apiSecret.reveal() };
    const child = await startChild(program(`console.log('started');`), { env });
    await child.line(/started/);
    await until(() => platform.grants.length > 0);
    expect(child.process.exitCode).toBeNull();
    child.process.kill('SIGKILL');
    await child.ended;
  });
});
