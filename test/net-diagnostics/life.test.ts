import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import { call, readRequest, respond } from '../../lib/transport/index.js';
import { runChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { entersMounts, readOnly } from '../support/read-only.js';
import { dialBack, IMPATIENT, Memory, Stage, seenBy } from './stage.js';

const stage = new Stage();
afterEach(() => stage.clear());

describe('NetDiagnostics with a platform', () => {
  it('connects, names itself, grants, and answers the dial-back with a fresh report', async () => {
    const platform = await stage.platform();
    const memory = new Memory();
    const app = stage.start({
      apiSecret: platform.apiSecret,
      name: 'web-1',
      logger: memory,
      onEvent: memory.onEvent,
    });
    expect(app.status()).toMatchObject({ state: 'starting', endpointId: null });

    const status = await app.ready({ timeoutMs: 10_000 });
    expect(status).toMatchObject({
      state: 'online',
      reason: null,
      name: 'web-1',
      platform: { id: platform.endpoint.id, relays: [] },
      grant: { state: 'granted' },
      lastReportAt: null,
      lastError: null,
    });
    await until(() => platform.names.length > 0);
    expect(platform.names).toEqual(['web-1']);

    const answer = await dialBack(platform, await seenBy(platform, app));
    expect(answer).toMatchObject({ ok: true, value: { endpointId: status.endpointId } });
    expect(Date.parse(app.status().lastReportAt ?? '')).toBeGreaterThan(Date.now() - 10_000);
    await until(() => memory.events.some(({ type }) => type === 'dial-back'));
    expect(memory.states).toEqual(['connecting', 'online']);
    expect(memory.events).toContainEqual(expect.objectContaining({ type: 'dial-back', outcome: 'answered' }));
    expect(memory.lines.filter((line) => line.startsWith('info'))).toEqual([
      expect.stringContaining('connected to the platform'),
      expect.stringContaining('the platform may run diagnostics'),
      expect.stringContaining('answered a dial-back'),
    ]);
  });

  it('asks the session for a sign of life when the platform calls: it may be another process than before', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    const stranger = await stage.platform();
    const address = await seenBy(platform, app);
    await expect(dialBack(stranger, address, platform.grants.at(-1))).rejects.toThrow('401');
    expect(platform.conversations.flat()).not.toContain('ping');
    await dialBack(platform, address);
    await until(() => platform.conversations.flat().includes('ping'));
  });

  it('shows nothing of a secret anywhere', async () => {
    const platform = await stage.platform();
    const memory = new Memory();
    const app = stage.start({
      apiSecret: platform.apiSecret.reveal(),
      logger: memory,
      onEvent: memory.onEvent,
    });
    await app.ready({ timeoutMs: 10_000 });
    await dialBack(platform, await seenBy(platform, app));
    const shown =
      inspect(app, { depth: 9, showHidden: true }) +
      JSON.stringify([app, app.status(), memory.lines]) +
      inspect(memory.events, { depth: 9 });
    expect(shown).not.toContain(platform.apiSecret.reveal().slice(8, 40));
    expect(shown).not.toMatch(/services[a-z2-7]{20}/);
  });

  it('uploads one report when it is asked to, and not again after a reconnect', async () => {
    const platform = await stage.platform();
    const app = stage.start(
      { apiSecret: platform.apiSecret, reportOnStart: true },
      { ...IMPATIENT, random: () => 0.01 },
    );
    await until(() => platform.reports.length === 1);
    expect(platform.reports[0]?.endpointId).toBe(app.status().endpointId);
    platform.connections[0]?.close(0, 'restart');
    await until(() => platform.grants.length === 2);
    expect(platform.reports).toHaveLength(1);
  });

  it('keeps its endpoint id with a key file, and has a new one without', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'life-'));
    const platform = await stage.platform();
    const idOf = async (secretKeyFile: string | null) => {
      const app = stage.start({ apiSecret: platform.apiSecret, secretKeyFile });
      const { endpointId } = await app.ready({ timeoutMs: 10_000 });
      await app.stop();
      return endpointId;
    };
    const file = join(folder, 'id.key');
    const ids = [await idOf(file), await idOf(file), await idOf(null), await idOf(null)];
    rmSync(folder, { recursive: true });
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
  });

  it('grants nothing when told so, until grant(); takes grants back by revoke()', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret, grant: false });
    expect((await app.ready({ timeoutMs: 10_000 })).grant).toEqual({ state: 'off' });
    app.grant();
    await until(() => app.status().grant.state === 'granted');
    const address = await seenBy(platform, app);
    expect((await dialBack(platform, address)).ok).toBe(true);
    await app.revoke();
    expect(app.status().grant).toEqual({ state: 'off' });
    await expect(dialBack(platform, address)).rejects.toThrow(/401/);
    const old = platform.grants.at(-1);
    app.grant();
    await until(() => platform.grants.length === 2);
    expect((await dialBack(platform, address)).ok).toBe(true);
    await expect(dialBack(platform, address, old)).rejects.toThrow(/401/);
  });

  it('remembers a revocation beside the key file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'life-'));
    const platform = await stage.platform();
    const options = { apiSecret: platform.apiSecret, secretKeyFile: join(folder, 'id.key') };
    const first = stage.start(options);
    await first.ready({ timeoutMs: 10_000 });
    await first.revoke();
    await first.stop();
    const old = platform.grants.at(-1);
    const second = stage.start(options);
    await second.ready({ timeoutMs: 10_000 });
    const address = await seenBy(platform, second);
    await expect(dialBack(platform, address, old)).rejects.toThrow(/401/);
    expect((await dialBack(platform, address)).ok).toBe(true);
    rmSync(folder, { recursive: true });
  });

  it.skipIf(!entersMounts())('holds a revocation on a read-only mount, and says for how long', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'life-'));
    const secretKeyFile = join(folder, 'id.key');
    writeFileSync(secretKeyFile, '5a'.repeat(32), { mode: 0o600 });
    const program = `
      import { TestPlatform } from './lib/testing/index.js';
      import { NetDiagnostics } from './lib/index.js';
      const platform = await TestPlatform.start();
      const lines = [];
      const keep = (message) => lines.push(message);
      const logger = { info: () => {}, warn: keep, error: keep };
      const options = platform.options({ secretKeyFile: ${JSON.stringify(secretKeyFile)}, logger });
      const app = NetDiagnostics.start(options, {});
      await platform.granted({ app });
      const error = await app.revoke().then(() => null, (thrown) => thrown);
      const dialBack = await platform.dialBack({ app }).then(() => 'answered', (thrown) => thrown.message);
      console.log(JSON.stringify({ code: error?.code, message: error?.message, dialBack, grant: app.status().grant.state, lines }));
      await app.stop();
      await platform.stop();`;
    const { stdout, stderr } = await runChild(program, { enter: readOnly(folder) });
    expect(stderr).toBe('');
    const told = JSON.parse(stdout);
    expect(told).toMatchObject({ code: 'ERR_STORE', grant: 'off' });
    expect(told.dialBack).not.toBe('answered');
    expect(told.message).toMatch(
      /^The grants are taken back in this process alone: the revocation file .*id\.key\.revoked cannot be written \(EROFS\)\. After a restart those given out before work again, until 20\d\d-\d\d-\d\dT.*; /,
    );
    expect(told.lines[0]).toBe(told.message);
    rmSync(folder, { recursive: true });
  });

  it('warns when a revocation will be forgotten before its identity is', async () => {
    const platform = await stage.platform();
    const memory = new Memory();
    const secretKey = '5a'.repeat(32);
    const app = stage.start({ apiSecret: platform.apiSecret, secretKey, logger: memory });
    await app.ready({ timeoutMs: 10_000 });
    await app.revoke();
    expect(memory.lines.at(-1)).toMatch(/^warn: .*secretKeyFile/);
    expect(memory.lines.join()).not.toContain(secretKey);
  });

  it('lets the app veto, and survives callbacks and loggers that throw', async () => {
    const platform = await stage.platform();
    const broken = () => {
      throw new Error('broken');
    };
    const brokenLater = () => Promise.reject(new Error('broken later'));
    const app = stage.start({
      apiSecret: platform.apiSecret,
      onRequest: () => false,
      onEvent: broken,
      logger: { debug: broken, info: broken, warn: brokenLater, error: brokenLater },
    });
    expect((await app.ready({ timeoutMs: 10_000 })).grant.state).toBe('granted');
    const answer = await dialBack(platform, await seenBy(platform, app));
    expect(answer).toMatchObject({ ok: false, error: { kind: 'auth-error' } });
  });

  it('serves other protocols on the same endpoint, registered before or after it is there', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    const echo = async (connection: Parameters<Parameters<typeof app.handle>[1]>[0]) => {
      const stream = await connection.acceptStream();
      await respond(stream, await readRequest(stream));
    };
    app.handle('early/1', echo);
    await app.ready({ timeoutMs: 10_000 });
    app.handle('late/1', echo);
    for (const alpn of ['early/1', 'late/1']) {
      const connection = await platform.endpoint.connect(await seenBy(platform, app), alpn);
      expect(await call(connection, Uint8Array.of(4))).toEqual(Uint8Array.of(4));
      expect(() => app.handle(alpn, echo)).toThrow(expect.objectContaining({ code: 'ERR_ALPN' }));
    }
    await app.stop();
    expect(() => app.handle('more/1', echo)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('shows a platform that refuses it, and comes online once it no longer does', async () => {
    const platform = await stage.platform();
    platform.behave = () => ({ close: 401, reason: 'Unauthorized' });
    const memory = new Memory();
    const app = stage.start({ apiSecret: platform.apiSecret, logger: memory });
    const status = await app.ready({ timeoutMs: 10_000 });
    expect(status).toMatchObject({ state: 'unauthorized', reason: 'refused-by-platform' });
    expect(status.retryAt).not.toBeNull();
    await until(() => platform.connections.length >= 3);
    expect(app.status().state).toBe('unauthorized');
    expect(memory.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
    platform.behave = () => 'answer';
    await until(() => app.status().state === 'online');
  });
});

describe('NetDiagnostics without a platform', () => {
  it('boots at once, says so, and grants when the platform comes', async () => {
    const platform = await stage.absentPlatform();
    const memory = new Memory();
    const startedAt = performance.now();
    const app = stage.start({ apiSecret: platform.apiSecret, logger: memory });
    expect(performance.now() - startedAt).toBeLessThan(1000);
    await until(() => app.status().reason === 'platform-unreachable');
    expect(app.status()).toMatchObject({
      state: 'connecting',
      grant: { state: 'ungranted' },
      lastError: { code: 'ERR_CONNECT' },
    });
    expect((await app.ready({ timeoutMs: 50 })).state).toBe('connecting');
    platform.open();
    expect((await app.ready({ timeoutMs: 10_000 })).grant.state).toBe('granted');
    expect(memory.lines.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('is waited for when ready() has more time than a timer of Node can hold', async () => {
    const platform = await stage.absentPlatform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    const ready = app.ready({ timeoutMs: 2 ** 31 });
    const first = await Promise.race([ready, new Promise((resolve) => setTimeout(resolve, 200, 'waits'))]);
    expect(first).toBe('waits');
    platform.open();
    expect((await ready).grant.state).toBe('granted');
  });

  it('grants again when the platform was away, also when it forgot everything', async () => {
    const platform = await stage.platform();
    const app = stage.start({ apiSecret: platform.apiSecret });
    await app.ready({ timeoutMs: 10_000 });
    await platform.close();
    await until(() => app.status().state === 'connecting');
    platform.forget();
    platform.open();
    await until(() => platform.grants.length === 1 && app.status().state === 'online');
    expect((await dialBack(platform, await seenBy(platform, app))).ok).toBe(true);
  });
});

describe('NetDiagnostics without a secret', () => {
  it('is disabled, says so in one line, and opens nothing', async () => {
    const memory = new Memory();
    const app = stage.start(
      { logger: memory },
      { loadBinding: () => Promise.reject(new Error('must not load')) },
    );
    const status = await app.ready();
    expect(status).toMatchObject({
      state: 'disabled',
      reason: 'no-secret',
      endpointId: null,
      platform: null,
    });
    expect(memory.lines).toEqual([
      expect.stringMatching(/^info: disabled: no API secret.*IROH_SERVICES_API_SECRET/),
    ]);
    expect(() => app.grant()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    expect(await app.run()).toMatchObject({ version: 1, endpoint: null });
  });

  it('throws when one is required, or it is malformed; the setting is named, the secret is not shown', () => {
    expect(() => NetDiagnostics.start({ required: true }, {})).toThrow(/`apiSecret`/);
    const env = { IROH_SERVICES_API_SECRET: 'servicesmalformed' };
    expect(() => NetDiagnostics.start({}, env)).toThrow(
      expect.objectContaining({
        code: 'ERR_SETTING',
        message: expect.stringContaining('IROH_SERVICES_API_SECRET'),
      }),
    );
    expect(() => NetDiagnostics.start({}, env)).not.toThrow(/malformed.*servicesmalformed/);
  });

  it('is a no-op when it is switched off', async () => {
    const app = stage.start({ enabled: false, apiSecret: 'nonsense' });
    expect(await app.ready()).toMatchObject({ state: 'disabled', reason: 'switched-off' });
    await expect(app.run()).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  it('does not care whether the app’s own endpoint came about', async () => {
    const app = stage.start({ endpoint: Promise.reject(new Error('no socket')), acceptLoop: 'router' });
    expect((await app.ready()).state).toBe('disabled');
  });
});

describe('NetDiagnostics on a machine that cannot', () => {
  it('shows a binding that cannot be loaded; that is final', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const memory = new Memory();
    const loadBinding = () => Promise.reject(new Error("Cannot find module '@number0/iroh-darwin-x64'"));
    const app = stage.start({ apiSecret, logger: memory }, { loadBinding });
    const status = await app.ready({ timeoutMs: 5_000 });
    expect(status).toMatchObject({
      state: 'unavailable',
      reason: 'binding-unavailable',
      retryAt: null,
      lastError: { code: 'ERR_BINDING_UNAVAILABLE' },
    });
    expect(memory.lines).toEqual([expect.stringMatching(/^error: no diagnostics: .*cannot be loaded/)]);
    expect((await app.run()).endpoint).toBeNull();
    await app.stop();
    expect(app.status().state).toBe('stopped');
  });

  it('tries again when no socket could be bound', async () => {
    const platform = await stage.platform();
    const { port, free } = await takePort();
    const memory = new Memory();
    const bindAddrs = [`127.0.0.1:${port}`, '[::1]:0'];
    const app = stage.start(
      { apiSecret: platform.apiSecret, bindAddrs, logger: memory },
      { ...IMPATIENT, random: () => 0 },
    );
    await until(() => app.status().state === 'unavailable');
    expect(app.status()).toMatchObject({ reason: 'bind-failed', lastError: { code: 'ERR_BIND' } });
    expect(app.status().retryAt).not.toBeNull();
    await free();
    expect(await app.ready({ timeoutMs: 10_000 })).toMatchObject({ state: 'online', reason: null });
    expect(memory.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });

  it('tries again when the key file is wrong, and names it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'life-'));
    const secretKeyFile = join(folder, 'id.key');
    writeFileSync(secretKeyFile, 'todo');
    const platform = await stage.platform();
    const app = stage.start(
      { apiSecret: platform.apiSecret, secretKeyFile },
      { ...IMPATIENT, random: () => 0 },
    );
    await until(() => app.status().state === 'unavailable');
    const { reason, lastError } = app.status();
    expect({ reason, code: lastError?.code }).toEqual({ reason: 'key-file', code: 'ERR_SETTING' });
    expect(lastError?.message).toContain(secretKeyFile);
    rmSync(secretKeyFile);
    expect((await app.ready({ timeoutMs: 10_000 })).state).toBe('online');
    rmSync(folder, { recursive: true });
  });

  it('accepts nothing while it cannot tell which grants were taken back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'life-'));
    const secretKeyFile = join(folder, 'id.key');
    writeFileSync(`${secretKeyFile}.revoked`, 'nonsense');
    const { apiSecret } = await stage.absentPlatform();
    const app = stage.start({ apiSecret, secretKeyFile });
    await until(() => app.status().state === 'unavailable');
    expect(app.status()).toMatchObject({ reason: 'revocation-file', endpointId: null });
    rmSync(folder, { recursive: true });
  });
});

/** Holds a UDP port until it is told to let go. */
async function takePort(): Promise<{ port: number; free(): Promise<void> }> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const free = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  return { port: socket.address().port, free };
}
