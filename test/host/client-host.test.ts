import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Connection, type ConnectionHandler, call } from '../../lib/transport/index.js';
import { Caps, CLIENT_HOST_ALPN, encodeClientHostRequest } from '../../lib/wire/index.js';
import { until } from '../support/fake-time.js';
import { closing, reportOf, runDiagnostics, Stage } from './stage.js';

afterEach(() => Stage.clearAll());

describe('a dial-back', () => {
  it('gets its report, and the audit tells of it', async () => {
    const stage = await Stage.set();
    const token = stage.grant();
    expect(await stage.dialBack(token)).toEqual({ ok: true, value: reportOf(stage.app) });
    await until(() => stage.events.length === 1);
    expect(stage.events[0]).toEqual({
      type: 'dial-back',
      remoteId: stage.platform.id,
      outcome: 'answered',
      why: null,
      tokenExpiresAt: token.expiresAt,
      at: expect.any(Number),
      durationMs: expect.any(Number),
    });
    expect(stage.host?.active).toBe(0);
  });

  it.each(['client', 'all'] as const)('is served with {%s}, which permits it', async (cap) => {
    const stage = await Stage.set();
    expect(await stage.dialBack(stage.grant({ caps: Caps.of(cap) }))).toMatchObject({ ok: true });
  });

  it('shares a report with those that come at the same time or shortly after', async () => {
    const stage = await Stage.set();
    const results = await Promise.all([stage.dialBack(), stage.dialBack(), stage.dialBack()]);
    expect(results.every(({ ok }) => ok)).toBe(true);
    await stage.dialBack();
    expect(stage.runs).toBe(1);
  });

  it('may be vetoed by the app, asynchronously', async () => {
    const asked: unknown[] = [];
    const stage = await Stage.set({
      onRequest: async (info) => {
        await Promise.resolve();
        asked.push(info);
        return false;
      },
    });
    const token = stage.grant();
    expect(await stage.dialBack(token)).toEqual({
      ok: false,
      error: { kind: 'auth-error', message: 'refused by the application' },
    });
    expect(asked).toEqual([{ remoteId: stage.platform.id, tokenExpiresAt: token.expiresAt }]);
    await until(() => stage.events[0]?.outcome === 'vetoed');
    expect(stage.runs).toBe(0);
  });

  it('takes what a callback forgot to return for a veto', async () => {
    const stage = await Stage.set({ onRequest: () => undefined as unknown as boolean });
    expect(await stage.dialBack()).toMatchObject({ ok: false, error: { kind: 'auth-error' } });
  });

  const secret = new Error('password: hunter2');
  it.each([
    [
      'onRequest throws',
      {
        onRequest: () => {
          throw secret;
        },
      },
    ],
    ['onRequest rejects', { onRequest: () => Promise.reject(secret) }],
    ['the report fails', { run: () => Promise.reject(secret) }],
    [
      'the report throws',
      {
        run: () => {
          throw secret;
        },
      },
    ],
  ])('hears of an internal error, and nothing more, when %s', async (_, options) => {
    const stage = await Stage.set(options);
    expect(await stage.dialBack()).toEqual({ ok: false, error: { kind: 'internal-server-error' } });
    await until(() => stage.events.length === 1);
    expect(stage.events[0]).toMatchObject({ outcome: 'failed', error: secret });
  });

  it('hears of an internal error when the report cannot be written', async () => {
    const stage = await Stage.set({
      run: () => Promise.resolve({ ...reportOf(stage.app), irohVersion: '\ud800' }),
    });
    expect(await stage.dialBack()).toEqual({ ok: false, error: { kind: 'internal-server-error' } });
  });

  it.each([
    ['onRequest hangs', { onRequest: () => new Promise<boolean>(() => {}) }],
    ['the report hangs', { run: () => new Promise<never>(() => {}) }],
  ])('hears of an internal error when %s', async (_, options) => {
    const stage = await Stage.set({ ...options, limits: { vetoTimeoutMs: 50, runTimeoutMs: 50 } });
    expect(await stage.dialBack()).toEqual({ ok: false, error: { kind: 'internal-server-error' } });
    await until(() => stage.events.length === 1);
    expect(stage.events[0]).toMatchObject({ outcome: 'failed', error: { code: 'ERR_TIMEOUT' } });
  });

  it('that goes away ends its report, unless somebody else waits for it', async () => {
    const signals: AbortSignal[] = [];
    const stage = await Stage.set({
      run: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      },
    });
    const callers = await Promise.all([stage.authenticated(), stage.authenticated()]);
    const answers = callers.map((caller) => runDiagnostics(caller).catch((error: unknown) => error));
    await until(() => signals.length === 1);
    callers[0]?.close(0);
    await until(() => stage.events.length === 1);
    expect(signals[0]?.aborted).toBe(false);
    callers[1]?.close(0);
    await until(() => stage.events.length === 2);
    expect(signals[0]?.aborted).toBe(true);
    expect(stage.events.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted']);
    await Promise.all(answers);
  });

  it('survives an audit that throws', async () => {
    const stage = await Stage.set({
      onEvent: () => {
        throw new Error('the log is full');
      },
    });
    for (let round = 0; round < 2; round += 1) expect(await stage.dialBack()).toMatchObject({ ok: true });
  });

  it('is served when a stream that was opened and never used comes first', async () => {
    const stage = await Stage.set();
    const connection = await stage.dial();
    const silent = await connection.openStream();
    const token = stage.grant();
    expect(await call(connection, encodeClientHostRequest({ type: 'auth', token }))).toHaveLength(0);
    expect(await runDiagnostics(connection)).toMatchObject({ ok: true });
    connection.close(0);
    silent.reset(0);
  });

  it('ends at once when the router closes, in whatever state it is', async () => {
    const stage = await Stage.set({ run: () => new Promise(() => {}) });
    const silent = await stage.dial();
    const idle = await stage.authenticated();
    const waiting = await stage.authenticated();
    const answer = runDiagnostics(waiting).catch((error: unknown) => error);
    await until(() => stage.host?.active === 3);
    const startedAt = performance.now();
    await stage.router?.close();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    expect(await Promise.all([silent, idle, waiting].map(closing))).toEqual(['0', '0', '0']);
    expect(stage.events.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted', 'aborted']);
    await answer;
  });

  it("ends with the signal of an accept loop of the app's own, which many may share without a warning", async () => {
    const warn = vi.spyOn(process, 'emitWarning');
    const stage = await Stage.set({ run: () => new Promise(() => {}) });
    const app = new AbortController();
    const serve: ConnectionHandler = async (connection) =>
      stage.host?.handler(connection, { signal: app.signal });
    stage.router?.remove(CLIENT_HOST_ALPN);
    stage.router?.handle(CLIENT_HOST_ALPN, serve);
    const callers = await Promise.all(Array.from({ length: 16 }, () => stage.authenticated()));
    const answers = callers.map((caller) => runDiagnostics(caller).catch(() => 'ended'));
    await until(() => stage.host?.active === 16);
    app.abort();
    expect(await Promise.all(answers)).toEqual(Array(16).fill('ended'));
    await until(() => stage.host?.active === 0);
    expect(warn.mock.calls).toEqual([]);
    warn.mockRestore();
  });

  it('of another protocol is an error', async () => {
    const stage = await Stage.set();
    const other = { alpn: 'something/else' } as Connection;
    const handled = stage.host?.handler(other, { signal: new AbortController().signal });
    await expect(handled).rejects.toMatchObject({ code: 'ERR_ALPN' });
  });
});
