import { afterEach, describe, expect, it } from 'vitest';
import {
  adoptEndpoint,
  CLIENT_HOST_ALPN,
  ClientHost,
  MemoryRevocationStore,
  type NativeEndpoint,
  Revocation,
  Router,
  toWireReport,
} from '../../lib/core.js';
import { diagnose } from '../../lib/index.js';
import { call } from '../../lib/transport/index.js';
import { Caps, encodeClientHostRequest, Token } from '../../lib/wire/index.js';
import { bindNative } from '../net-diagnostics/stage.js';
import { Loopback } from '../support/loopback.js';
import { runDiagnostics } from './stage.js';

const net = new Loopback();
const natives: NativeEndpoint[] = [];
afterEach(async () => {
  await Promise.all(natives.splice(0).map((native) => native.close()));
  await net.closeAll();
});

describe('the building blocks of iroh-net-diagnostics/core', () => {
  it('answer a dial-back on an endpoint of one’s own, without a platform’s session', async () => {
    const native = await bindNative([]);
    natives.push(native);
    const endpoint = adoptEndpoint(native, { alpns: [] });
    const host = new ClientHost({
      endpointId: endpoint.id,
      revocation: await Revocation.load(new MemoryRevocationStore()),
      run: async ({ signal }) => {
        const snapshot = { endpointId: endpoint.id, directAddrs: [], homeRelay: null, paths: [] };
        return toWireReport(await diagnose({ endpoint: snapshot, probes: ['endpoint'], signal }));
      },
    });
    const router = new Router(endpoint);
    router.handle(CLIENT_HOST_ALPN, host.handler);
    router.start();

    const caller = await net.bind();
    const token = Token.issue({
      issuer: endpoint.secretKey(),
      audience: caller.id,
      caps: Caps.of('net-diagnostics:get-any'),
      expiresAt: Math.floor(Date.now() / 1000) + 60,
    });
    const address = { id: endpoint.id, relayUrls: [], directAddrs: endpoint.boundSockets() };
    const connection = await caller.connect(address, CLIENT_HOST_ALPN);
    await call(connection, encodeClientHostRequest({ type: 'auth', token }));
    expect(await runDiagnostics(connection)).toMatchObject({
      ok: true,
      value: { endpointId: endpoint.id },
    });
    connection.close(0);
    await router.close();
  });

  it('tell what is wrong with an option, and which was meant, as every other option does', async () => {
    const native = await bindNative([]);
    natives.push(native);
    const endpoint = adoptEndpoint(native);
    const revocation = await Revocation.load(new MemoryRevocationStore());
    const run = () => new Promise<never>(() => {});
    const usual = { endpointId: endpoint.id, revocation, run };
    const wrong: [() => unknown, string][] = [
      [
        () => adoptEndpoint(native, { alpn: [] } as object),
        '`alpn` of adoptEndpoint() is not known. Did you mean `alpns`?',
      ],
      [() => adoptEndpoint(native, { alpns: [''] }), 'an ALPN has 1 to 255 bytes'],
      [
        () => new Router(endpoint, { maxConnections: 0 }),
        '`maxConnections` of new Router() was 0; it must be',
      ],
      [() => new ClientHost({ ...usual, reuseMs: 5 } as typeof usual), 'is not known. Did you mean `reuse`?'],
      [
        () => new ClientHost({ ...usual, limits: { maxStreams: -1 } }),
        '`limits.maxStreams` of new ClientHost() was -1',
      ],
      [
        () => new ClientHost({ revocation, run } as unknown as typeof usual),
        '`endpointId` of new ClientHost() is missing',
      ],
    ];
    for (const [make, message] of wrong) {
      expect(make).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
      expect(make).toThrow(message);
    }
  });
});
