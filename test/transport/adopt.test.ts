import { afterEach, describe, expect, it } from 'vitest';
import { loadBinding } from '../../lib/transport/binding.js';
import {
  adoptConnection,
  adoptEndpoint,
  call,
  type NativeEndpoint,
  Router,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import { ECHO, HAS_IPV6_LOOPBACK, Loopback } from '../support/loopback.js';

const net = new Loopback();
const LOOPBACK = HAS_IPV6_LOOPBACK ? ['127.0.0.1:0', '[::1]:0'] : ['127.0.0.1:0'];
const natives: NativeEndpoint[] = [];
afterEach(async () => {
  await Promise.all(natives.splice(0).map((native) => native.close()));
  await net.closeAll();
});

/** An endpoint as a user binds it, with the binding alone. */
async function bindNative(alpns: string[], addresses = LOOPBACK): Promise<NativeEndpoint> {
  const builder = (await loadBinding()).Endpoint.builder();
  builder.applyMinimal();
  builder.alpns(alpns.map((alpn) => [...Buffer.from(alpn)]));
  for (const address of addresses) builder.bindAddr(address);
  const native = await builder.bind();
  natives.push(native);
  return native;
}

async function connectionOf(attempt: Awaited<ReturnType<NativeEndpoint['acceptNext']>>) {
  if (attempt === null) throw new Error('the endpoint is closed');
  return (await attempt.accept()).connect();
}

const echoOnce = async (connection: Parameters<Parameters<Router['handle']>[1]>[0]) => {
  const stream = await connection.acceptStream();
  await respond(stream, await readRequest(stream));
};

describe('adoptConnection', () => {
  it("serves a connection that the user's own accept loop took", async () => {
    const native = await bindNative([ECHO]);
    const looping = (async () => {
      const attempt = await native.acceptNext();
      const connection = adoptConnection(await connectionOf(attempt));
      expect(connection.alpn).toBe(ECHO);
      await echoOnce(connection);
      return connection.remoteId;
    })();
    const dialler = await net.bind();
    const connection = await dialler.connect(adoptEndpoint(native).address(), ECHO);
    expect(await call(connection, Uint8Array.of(5))).toEqual(Uint8Array.of(5));
    expect(await looping).toBe(dialler.id);
  });
});

describe('adoptEndpoint', () => {
  it('knows what the endpoint knows, and what its owner tells', async () => {
    const native = await bindNative([ECHO]);
    const relays = [{ url: 'https://a.invalid', auth: { token: 'sesame' } }];
    const endpoint = adoptEndpoint(native, { alpns: [ECHO], relays });
    expect(endpoint.isOwned).toBe(false);
    expect(endpoint.alpns()).toEqual([ECHO]);
    expect(endpoint.relays()).toEqual([{ url: 'https://a.invalid/', quicPort: 7842, auth: null }]);
    expect(endpoint.secretKey().id).toBe(endpoint.id);
    expect(endpoint.boundSockets()).toHaveLength(2);
  });

  it('does not replace ALPNs it was not told of', async () => {
    const router = new Router(adoptEndpoint(await bindNative([ECHO])));
    expect(() => router.handle('ours', echoOnce)).toThrow(
      expect.objectContaining({ code: 'ERR_ALPN', message: expect.stringContaining('alpns') }),
    );
  });

  it('dials and serves with our router beside the ALPNs of its owner', async () => {
    const endpoint = adoptEndpoint(await bindNative(['theirs']), { alpns: ['theirs'] });
    const router = new Router(endpoint);
    router.handle('ours', echoOnce);
    router.handle('theirs', echoOnce);
    router.start();
    const dialler = await net.bind();
    for (const alpn of ['ours', 'theirs']) {
      const connection = await dialler.connect(endpoint.address(), alpn);
      expect(await call(connection, Uint8Array.of(6))).toEqual(Uint8Array.of(6));
    }
    await router.close();
    expect(endpoint.isClosed).toBe(false);
  });

  it.each([
    ['loopback', LOOPBACK],
    ['any address', []],
    ['IPv6 before IPv4', [...LOOPBACK].reverse()],
  ])('on %s: after the router closed, the owner accepts the very next connection', async (_, addresses) => {
    const native = await bindNative([ECHO], addresses);
    const endpoint = adoptEndpoint(native, { alpns: [ECHO] });
    for (let round = 0; round < 3; round += 1) {
      const router = new Router(endpoint);
      router.handle(ECHO, echoOnce);
      router.start();
      const startedAt = performance.now();
      await router.close();
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    const looping = (async () => {
      const attempt = await native.acceptNext();
      await echoOnce(adoptConnection(await connectionOf(attempt)));
    })();
    const dialler = await net.bind();
    const port = endpoint.boundSockets().find(({ family }) => family === 4)?.port ?? 0;
    const directAddrs = [{ family: 4 as const, ip: '127.0.0.1', port }];
    const connection = await dialler.connect({ id: endpoint.id, relayUrls: [], directAddrs }, ECHO);
    expect(await call(connection, Uint8Array.of(7))).toEqual(Uint8Array.of(7));
    await looping;
  });

  it('a router that starts while another stops gets the connections', async () => {
    const native = await bindNative([ECHO]);
    const first = new Router(adoptEndpoint(native, { alpns: [ECHO] }));
    first.start();
    const closing = first.close();
    const endpoint = adoptEndpoint(native, { alpns: [ECHO] });
    const second = new Router(endpoint);
    second.handle(ECHO, echoOnce);
    second.start();
    await closing;
    const connection = await (await net.bind()).connect(endpoint.address(), ECHO);
    expect(await call(connection, Uint8Array.of(8))).toEqual(Uint8Array.of(8));
    await second.close();
  });
});
