import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import { until } from '../support/fake-time.js';
import { dialBack, IMPATIENT, LOCAL, Memory, Stage, seenBy } from './stage.js';

const stage = new Stage();
afterEach(() => stage.clear());

describe('what an app shows of itself', () => {
  it('keeps the latest report, whoever asked for it', async () => {
    const platform = await stage.platform();
    const memory = new Memory();
    const app = stage.start({ apiSecret: platform.apiSecret, onEvent: memory.onEvent });
    expect(app.lastReport()).toBeNull();
    await app.ready({ timeoutMs: 10_000 });

    await dialBack(platform, await seenBy(platform, app));
    const ofDialBack = app.lastReport();
    expect(ofDialBack).toMatchObject({ version: 1, endpoint: { endpointId: app.status().endpointId } });

    const ofRun = await app.run();
    expect(app.lastReport()).toBe(ofRun);
    const told = memory.events.flatMap((event) => (event.type === 'report' ? [event] : []));
    expect(told).toEqual([
      { type: 'report', trigger: 'dial-back', report: ofDialBack },
      { type: 'report', trigger: 'run', report: ofRun },
    ]);
  });

  it('previews exactly what the platform then gets', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret, reuse: 60_000 });
    await app.ready({ timeoutMs: 10_000 });
    const sent = () => platform.conversations.flat().filter((type) => type !== 'ping').length;
    const before = sent();
    const { wire, local } = await app.preview();
    const answer = await dialBack(platform, await seenBy(platform, app));
    expect(answer).toEqual({ ok: true, value: wire });
    expect(app.lastReport()).toBe(local);
    expect(sent(), 'a preview sends nothing').toBe(before);
  });

  it('previews nothing where nothing would be sent', async () => {
    const app = stage.start({});
    await expect(app.preview()).rejects.toMatchObject({
      code: 'ERR_STATE',
      message: expect.stringContaining('disabled'),
    });
    await app.stop();
    await expect(app.preview()).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  it('gives up a preview with its signal', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    await expect(app.preview({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('says whether it serves the dial-back', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    expect(app.status().servesDialBack).toBe(false);
    await app.ready({ timeoutMs: 10_000 });
    expect(app.status().servesDialBack).toBe(true);
    await app.stop();
    expect(app.status().servesDialBack).toBe(false);
  });
});

describe('pause', () => {
  it('turns dial-backs away like a veto, and keeps connection and grant', async () => {
    const platform = await stage.platform();
    const memory = new Memory();
    const asked: unknown[] = [];
    const app = stage.start({
      apiSecret: platform.apiSecret,
      onEvent: memory.onEvent,
      onRequest: (info) => asked.push(info) > 0,
    });
    await app.ready({ timeoutMs: 10_000 });
    app.pause();
    app.pause();
    expect(app.status()).toMatchObject({ paused: true, state: 'online', grant: { state: 'granted' } });
    const answer = await dialBack(platform, await seenBy(platform, app));
    expect(answer).toMatchObject({ ok: false, error: { kind: 'auth-error' } });
    await until(() => memory.events.some((event) => event.type === 'dial-back'));
    expect(memory.events).toContainEqual(expect.objectContaining({ type: 'dial-back', outcome: 'vetoed' }));
    expect(asked, 'the app is not asked either').toEqual([]);
    expect(app.lastReport()).toBeNull();

    app.resume();
    expect(app.status().paused).toBe(false);
    expect(await dialBack(platform, await seenBy(platform, app))).toMatchObject({ ok: true });
    expect(
      memory.events.filter((event) => event.type === 'state').map(({ status }) => status.paused),
    ).toEqual([false, false, true, false]);
  });

  it('leaves the veto of the app in force', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret, onRequest: () => false });
    await app.ready({ timeoutMs: 10_000 });
    expect(await dialBack(platform, await seenBy(platform, app))).toMatchObject({ ok: false });
  });

  it('holds back metrics and the report on start, from before it begins', async () => {
    const platform = await stage.platform();
    const app = NetDiagnostics.prepare(
      { ...LOCAL, logger: false, apiSecret: platform.apiSecret, metrics: 1_000, reportOnStart: true },
      {},
      { ...IMPATIENT, random: () => 0 },
    );
    try {
      app.pause();
      app.begin();
      await app.ready({ timeoutMs: 10_000 });
      await sleep(300);
      expect(platform.conversations.flat()).not.toContain('put-metrics');
      expect(platform.reports).toEqual([]);
      app.resume();
      await until(() => platform.reports.length === 1 && platform.metrics.length > 0);
    } finally {
      await app.stop();
    }
  });

  it('does not hold up a stop', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret, reportOnStart: true });
    app.pause();
    await app.ready({ timeoutMs: 10_000 });
    await app.stop();
    expect(app.status().state).toBe('stopped');
  });
});
