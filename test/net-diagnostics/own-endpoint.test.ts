import { afterEach, describe, expect, it } from 'vitest';
import type { NetDiagnostics } from '../../lib/net-diagnostics/net-diagnostics.js';
import {
  adoptConnection,
  call,
  type Endpoint,
  type NativeEndpoint,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import { CLIENT_HOST_ALPN } from '../../lib/wire/index.js';
import { until } from '../support/fake-time.js';
import { oneWayPeer } from '../support/one-way.js';
import { addressOf, dialBack, Memory, Stage } from './stage.js';

const MINE = 'mine/1';

const stage = new Stage();
afterEach(() => stage.clear());

/** An accept loop as an app has it. */
async function acceptLoop(native: NativeEndpoint, app: () => NetDiagnostics): Promise<void> {
  for (let attempt = await native.acceptNext(); attempt !== null; attempt = await native.acceptNext()) {
    const accepting = attempt.accept();
    void (async () => {
      const connection = await (await accepting).connect();
      const alpn = Buffer.from(connection.alpn()).toString();
      if (alpn === CLIENT_HOST_ALPN) return app().accept(connection);
      const mine = adoptConnection(connection);
      const stream = await mine.acceptStream();
      await respond(stream, await readRequest(stream));
    })().catch(() => {});
  }
}

async function echoes(from: Endpoint, native: NativeEndpoint): Promise<void> {
  const connection = await from.connect(addressOf(native), MINE);
  expect(await call(connection, Uint8Array.of(9))).toEqual(Uint8Array.of(9));
  connection.close(0);
}

describe('an endpoint of the app’s own', () => {
  it('with its own accept loop: both protocols work, stop() leaves it open', async () => {
    const platform = await stage.platform();
    const native = await stage.native(MINE, CLIENT_HOST_ALPN);
    const app = stage.start({
      apiSecret: platform.apiSecret,
      endpoint: native,
      acceptLoop: 'own',
      alpns: [MINE, CLIENT_HOST_ALPN],
    });
    void acceptLoop(native, () => app);
    const status = await app.ready({ timeoutMs: 10_000 });
    expect(status).toMatchObject({
      state: 'online',
      endpointId: addressOf(native).id,
      grant: { state: 'granted' },
    });
    await echoes(platform.endpoint, native);
    expect(await dialBack(platform, addressOf(native))).toMatchObject({
      ok: true,
      value: { endpointId: status.endpointId },
    });

    await app.stop();
    expect(native.isClosed()).toBe(false);
    await echoes(platform.endpoint, native);
    // Nobody serves it any more, and says so.
    await expect(dialBack(platform, addressOf(native))).rejects.toThrow(/503/);
  });

  it('refuses a connection of another protocol by name, and leaves it to the app', async () => {
    const platform = await stage.platform();
    const native = await stage.native(MINE, CLIENT_HOST_ALPN);
    const app = stage.start({
      apiSecret: platform.apiSecret,
      endpoint: native,
      acceptLoop: 'own',
      alpns: [CLIENT_HOST_ALPN],
    });
    await app.ready({ timeoutMs: 10_000 });
    const accepted = (async () => (await (await native.acceptNext())?.accept())?.connect())();
    const connection = await platform.endpoint.connect(addressOf(native), MINE);
    const incoming = await accepted;
    if (incoming === undefined) throw new Error('nothing came');
    await expect(app.accept(incoming)).rejects.toMatchObject({ code: 'ERR_ALPN' });
    expect(connection.closeReason).toBeNull();
  });

  it('that accept() refused stays open when one-way streams come on it', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const native = await stage.native(MINE, CLIENT_HOST_ALPN);
    const app = stage.start({
      apiSecret,
      endpoint: native,
      acceptLoop: 'own',
      alpns: [MINE, CLIENT_HOST_ALPN],
    });
    const accepted = (async () => (await (await native.acceptNext())?.accept())?.connect())();
    const peer = await oneWayPeer(addressOf(native), MINE);
    try {
      const incoming = await accepted;
      if (incoming === undefined) throw new Error('nothing came');
      await expect(app.accept(incoming)).rejects.toMatchObject({ code: 'ERR_ALPN' });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(peer.closeReason()).toBeNull();
      // And the stream is its owner's to read.
      expect(await incoming.acceptUni()).toBeDefined();
    } finally {
      await peer.leave();
    }
  });

  it('with our router: the dial-back and the app’s handlers work, stop() leaves it open', async () => {
    const platform = await stage.platform();
    const native = await stage.native();
    const app = stage.start({
      apiSecret: platform.apiSecret,
      endpoint: Promise.resolve(native),
      acceptLoop: 'router',
    });
    app.handle(MINE, async (connection) => {
      const stream = await connection.acceptStream();
      await respond(stream, await readRequest(stream));
    });
    expect((await app.ready({ timeoutMs: 10_000 })).state).toBe('online');
    await echoes(platform.endpoint, native);
    expect((await dialBack(platform, addressOf(native))).ok).toBe(true);
    await app.stop();
    expect(native.isClosed()).toBe(false);
    // And its owner may accept again.
    native.setAlpns([[...Buffer.from(MINE)]]);
    const accepted = (async () => (await (await native.acceptNext())?.accept())?.connect())();
    await platform.endpoint.connect(addressOf(native), MINE);
    expect(await accepted).toBeDefined();
  });

  it('that fails to come about, or is none, is a final state', async () => {
    const promised = [
      () => Promise.reject(new Error('no socket')),
      () => Promise.resolve({} as NativeEndpoint),
    ];
    for (const promise of promised) {
      const { apiSecret } = await stage.absentPlatform();
      const memory = new Memory();
      const app = stage.start({ apiSecret, endpoint: promise(), acceptLoop: 'router', logger: memory });
      expect(await app.ready({ timeoutMs: 5_000 })).toMatchObject({
        state: 'unavailable',
        reason: 'no-endpoint',
        retryAt: null,
      });
      expect(memory.lines).toHaveLength(1);
    }
  });

  it('that its owner closes is a final state', async () => {
    const platform = await stage.platform();
    const native = await stage.native(CLIENT_HOST_ALPN);
    const options = { apiSecret: platform.apiSecret, acceptLoop: 'own' as const, alpns: [CLIENT_HOST_ALPN] };
    const app = stage.start({ ...options, endpoint: native });
    await app.ready({ timeoutMs: 10_000 });
    await native.close();
    await until(() => app.status().reason === 'endpoint-closed');
    expect(app.status()).toMatchObject({ state: 'unavailable', retryAt: null });
    const late = stage.start({ ...options, endpoint: native });
    expect(await late.ready({ timeoutMs: 5_000 })).toMatchObject({
      state: 'unavailable',
      reason: 'endpoint-closed',
    });
  });

  it('refuses handlers when the app accepts itself', async () => {
    const { apiSecret } = await stage.platform();
    const native = await stage.native(CLIENT_HOST_ALPN);
    const app = stage.start({ apiSecret, endpoint: native, acceptLoop: 'own', alpns: [CLIENT_HOST_ALPN] });
    await app.ready({ timeoutMs: 10_000 });
    expect(() => app.handle(MINE, async () => {})).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });
});
