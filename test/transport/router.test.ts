import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import iroh from '@number0/iroh/index.js';
import { afterEach, describe, expect, it } from 'vitest';
import { HANDSHAKE_STALLS_MS } from '../../lib/transport/constants.js';
import {
  type Connection,
  type ConnectionHandler,
  call,
  type Endpoint,
  Router,
  type RouterEvent,
  type RouterOptions,
  RouterPlaces,
  readRequest,
  respond,
} from '../../lib/transport/index.js';
import { parseEndpointId } from '../../lib/wire/index.js';
import { ECHO, Loopback } from '../support/loopback.js';
import { oneWayPeer } from '../support/one-way.js';
import { beginHandshakes, captureInitial } from '../support/quic-forger.js';

const net = new Loopback();
const routers: Router[] = [];
afterEach(async () => {
  await Promise.all(routers.splice(0).map((router) => router.close()));
  await net.closeAll();
});

/** Answers every request with itself, until the peer closes. */
const echo: ConnectionHandler = async (connection, { signal }) => {
  while (connection.closeReason === null) {
    const stream = await connection.acceptStream({ signal });
    await respond(stream, await readRequest(stream, { signal }));
  }
};

/** Stays until the router or the peer ends it. */
const stay: ConnectionHandler = (connection, { signal }) =>
  Promise.race([
    connection.closed().then(() => {}),
    new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    }),
  ]);

async function serve(
  options: RouterOptions = {},
  places?: RouterPlaces,
): Promise<{ endpoint: Endpoint; router: Router; events: RouterEvent[] }> {
  const endpoint = await net.bind();
  const events: RouterEvent[] = [];
  const router = new Router(endpoint, { onEvent: (event) => events.push(event), ...options }, places);
  routers.push(router);
  router.start();
  return { endpoint, router, events };
}

async function asks(dialler: Endpoint, server: Endpoint, alpn = ECHO): Promise<number | undefined> {
  const connection = await dialler.connect(server.address(), alpn);
  const [answer] = await call(connection, Uint8Array.of(42));
  connection.close(0);
  return answer;
}

const until = async (holds: () => boolean) => {
  for (let round = 0; round < 200 && !holds(); round += 1) await new Promise((done) => setTimeout(done, 10));
  expect(holds()).toBe(true);
};

describe('Router', () => {
  it('serves several ALPNs, added before and after the start, and drops removed ones', async () => {
    const { endpoint, router } = await serve();
    router.handle('app/a', echo);
    router.handle('app/b', async (connection) => {
      const stream = await connection.acceptStream();
      await readRequest(stream);
      await respond(stream, Uint8Array.of(99));
    });
    const dialler = await net.bind();
    expect(await asks(dialler, endpoint, 'app/a')).toBe(42);
    expect(await asks(dialler, endpoint, 'app/b')).toBe(99);
    router.remove('app/a');
    await expect(dialler.connect(endpoint.address(), 'app/a')).rejects.toMatchObject({ code: 'ERR_CONNECT' });
    expect(await asks(dialler, endpoint, 'app/b')).toBe(99);
  });

  it('keeps the ALPNs that the endpoint had, and gives them back', async () => {
    const endpoint = await net.bind({ alpns: ['theirs'] });
    const router = new Router(endpoint);
    router.handle('ours', echo);
    router.handle('theirs', echo);
    expect(endpoint.alpns()).toEqual(['theirs', 'ours']);
    await router.close();
    expect(endpoint.alpns()).toEqual(['theirs']);
  });

  it('refuses a second handler for an ALPN, and work after its end', async () => {
    const { router } = await serve();
    router.handle(ECHO, echo);
    expect(() => router.handle(ECHO, echo)).toThrow(expect.objectContaining({ code: 'ERR_ALPN' }));
    await router.close();
    await router.close();
    expect(() => router.handle('late', echo)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
    expect(() => router.start()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('two routers do not share an endpoint', async () => {
    const { endpoint } = await serve();
    expect(() => new Router(endpoint).start()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
  });

  it('survives strangers: unknown ALPNs and garbage datagrams', async () => {
    const { endpoint, router, events } = await serve();
    router.handle(ECHO, echo);
    const dialler = await net.bind();
    const unknown = Array.from({ length: 10 }, (_, index) =>
      dialler.connect(endpoint.address(), `unknown/${index}`),
    );
    for (const result of await Promise.allSettled(unknown)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ERR_CONNECT' } });
    }
    // Ten, and as many more as a busy machine had to begin twice.
    const failed = () => events.filter(({ type }) => type === 'handshake-failed').length;
    // Who is refused may know it before the router does.
    await until(() => failed() >= 10);
    const refused = failed();
    const socket = createSocket('udp4');
    const port = endpoint.boundSockets().find(({ family }) => family === 4)?.port ?? 0;
    for (let index = 0; index < 500; index += 1) {
      const garbage = Buffer.alloc(1 + (index % 1_400), index);
      // Every other one looks like the start of a QUIC version 1 handshake.
      if (index % 2 === 0) garbage.set(Buffer.from('c00000000108', 'hex').subarray(0, garbage.length));
      socket.send(garbage, port, '127.0.0.1');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.close();
    expect(await asks(dialler, endpoint)).toBe(42);
    expect(failed(), 'garbage is no handshake').toBe(refused);
  });

  it('gives up a handshake that stalls, and frees its place', async () => {
    const { endpoint, router, events } = await serve({ maxConnections: 1, handshakeTimeoutMs: 200 });
    router.handle(ECHO, echo);
    const port = endpoint.boundSockets().find(({ family }) => family === 4)?.port ?? 0;
    // A line that lets the first datagrams through and nothing afterwards, in no direction.
    const line = createSocket('udp4').bind(0, '127.0.0.1');
    await once(line, 'listening');
    let passed = 0;
    line.on('message', (message) => {
      if (passed < 2) line.send(message, port, '127.0.0.1');
      passed += 1;
    });
    const dialler = await net.bind();
    const address = {
      id: endpoint.id,
      relayUrls: [],
      directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port: line.address().port }],
    };
    const dialling = dialler.connect(address, ECHO, { timeoutMs: 1_000 });
    await expect(dialling).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    line.close();
    await until(() => router.connectionCount === 0);
    // A datagram that is sent again can count as an attempt of its own.
    expect(events).toContainEqual({
      type: 'handshake-failed',
      remoteAddress: expect.stringMatching(/^127\.0\.0\.1:/),
      error: expect.objectContaining({ code: 'ERR_TIMEOUT' }),
    });
    expect(await asks(await net.bind(), endpoint)).toBe(42);
  });

  // 200 handshakes at once take a second, or half a minute where something else needs both cores.
  it('refuses connections beyond its limit: 200 at once', { timeout: 90_000 }, async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const { endpoint, router, events } = await serve({ maxConnections: 64 });
    router.handle(ECHO, stay);
    const dialler = await net.bind();
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => dialler.connect(endpoint.address(), ECHO)),
    );
    const open = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    expect(open.length).toBe(64);
    expect(router.connectionCount).toBe(64);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'ERR_CONNECT' });
    }
    expect(events.filter(({ type }) => type === 'refused').length).toBe(136);
    for (const connection of open) connection.close(0);
    await until(() => router.connectionCount === 0);
    router.handle('after', echo);
    expect(await asks(dialler, endpoint, 'after')).toBe(42);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('counts its connections together with those of other routers that share its places', async () => {
    const places = new RouterPlaces(4);
    const [one, other] = [await serve({}, places), await serve({}, places)];
    for (const { router } of [one, other]) router.handle(ECHO, stay);
    const dialler = await net.bind();
    const open: Connection[] = [];
    for (let count = 0; count < 4; count += 1) open.push(await dialler.connect(one.endpoint.address(), ECHO));
    await expect(dialler.connect(other.endpoint.address(), ECHO)).rejects.toMatchObject({
      code: 'ERR_CONNECT',
    });
    expect([one.router.connectionCount, other.router.connectionCount]).toEqual([4, 0]);
    open.at(-1)?.close(0);
    await until(() => places.taken === 3);
    await dialler.connect(other.endpoint.address(), ECHO);
  });

  it('limits one ALPN and leaves the others their places', async () => {
    const { endpoint, router, events } = await serve();
    router.handle('few', stay, { maxConnections: 2 });
    router.handle(ECHO, echo);
    const dialler = await net.bind();
    const connections = await Promise.all(
      Array.from({ length: 5 }, () => dialler.connect(endpoint.address(), 'few')),
    );
    await until(() => connections.filter(({ closeReason }) => closeReason !== null).length === 3);
    const closed = connections.filter(({ closeReason }) => closeReason !== null);
    for (const { closeReason } of closed) {
      expect(closeReason).toEqual({ by: 'peer', code: 503, reason: 'Too many connections' });
    }
    expect(events.filter(({ type }) => type === 'rejected')).toHaveLength(3);
    expect(await asks(dialler, endpoint)).toBe(42);
    const [first] = connections.filter(({ closeReason }) => closeReason === null);
    first?.close(0);
    await until(() => router.connectionCount === 1);
    const again = await dialler.connect(endpoint.address(), 'few');
    await until(() => router.connectionCount === 2);
    expect(again.closeReason).toBeNull();
  });

  it("a handler's error closes its connection and goes no further", async () => {
    const { endpoint, router, events } = await serve({
      onEvent: (event) => {
        events.push(event);
        throw new Error('an observer that fails');
      },
    });
    router.handle('throws', () => {
      throw new Error('at once');
    });
    router.handle('rejects', async (connection) => {
      await connection.acceptStream();
      throw new Error('later');
    });
    const dialler = await net.bind();
    for (const alpn of ['throws', 'rejects']) {
      const connection = await dialler.connect(endpoint.address(), alpn);
      // The first handler is through before a stream can be opened.
      const writing = connection.openStream().then((stream) => stream.write(Uint8Array.of(1)));
      await writing.catch(() => {});
      expect(await connection.closed()).toMatchObject({ by: 'peer', code: 500 });
    }
    await until(() => router.connectionCount === 0);
  });

  it('closes a connection whose handler returned, with code 0', async () => {
    const { endpoint, router, events } = await serve();
    router.handle(ECHO, async () => {});
    const dialler = await net.bind();
    const connection = await dialler.connect(endpoint.address(), ECHO);
    expect(await connection.closed()).toEqual({ by: 'peer', code: 0, reason: '' });
    const who = { alpn: ECHO, remoteId: dialler.id, remoteAddress: expect.any(String) };
    expect(events).toEqual([
      { type: 'opened', ...who },
      { type: 'ended', ...who },
    ]);
  });

  it('close() tells the handlers, waits for them, and leaves the endpoint open', async () => {
    const { endpoint, router, events } = await serve();
    const order: string[] = [];
    router.handle(ECHO, async (connection, context) => {
      await stay(connection, context);
      await new Promise((resolve) => setTimeout(resolve, 100));
      order.push('handler');
    });
    const dialler = await net.bind();
    const connection = await dialler.connect(endpoint.address(), ECHO);
    await until(() => events.some(({ type }) => type === 'opened'));
    await router.close();
    order.push('closed');
    expect(order).toEqual(['handler', 'closed']);
    expect(await connection.closed()).toMatchObject({ by: 'peer', code: 0 });
    expect(endpoint.isClosed).toBe(false);
    const next = new Router(endpoint);
    routers.push(next);
    next.handle(ECHO, echo);
    next.start();
    expect(await asks(dialler, endpoint)).toBe(42);
  });

  it('close() does not wait for ever for a handler that ignores it', async () => {
    const { endpoint, router, events } = await serve({ closeTimeoutMs: 200 });
    router.handle(ECHO, () => new Promise(() => {}));
    const dialler = await net.bind();
    const connection = await dialler.connect(endpoint.address(), ECHO);
    await until(() => events.some(({ type }) => type === 'opened'));
    const startedAt = performance.now();
    await router.close();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(await connection.closed()).toMatchObject({ by: 'peer', code: 0 });
  });

  it('ends when its endpoint is closed under it', async () => {
    const { endpoint, router } = await serve();
    router.handle(ECHO, echo);
    const dialler = await net.bind();
    const connection: Connection = await dialler.connect(endpoint.address(), ECHO);
    await until(() => router.connectionCount === 1);
    await endpoint.close();
    await until(() => router.connectionCount === 0);
    await connection.closed();
    await router.close();
  });
});

describe('handshakes that are begun and never go on', () => {
  it('cannot take all places, whatever addresses they claim to come from', async () => {
    const { endpoint, router } = await serve({ maxConnections: 64 });
    router.handle(ECHO, echo);
    const dialler = await net.bind();
    const { port, initial } = await captureInitial();
    const trap = { ...endpoint.address(), directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port }] };
    dialler.connect(trap, ECHO, { timeoutMs: 500 }).catch(() => {});
    const door = endpoint.boundSockets().find(({ family }) => family === 4);
    const close = await beginHandshakes(await initial, 100, door?.port ?? 0);
    try {
      await until(() => router.connectionCount >= 32);
      expect(router.connectionCount).toBe(32);
      expect(await asks(await net.bind(), endpoint)).toBe(42);
    } finally {
      close();
    }
  });
});

/**
 * A line to a server of 127.0.0.1 that lets everything through but what the server says after it has asked for a proof
 * of the address: whoever dials over it proves where they are, and then stalls. It stands at another address.
 */
async function stallingLine(to: number): Promise<{ port: number; close(): void }> {
  const near = createSocket('udp4').bind(0, '127.0.0.1');
  const far = createSocket('udp4').bind(0, '127.0.0.2');
  await Promise.all([once(near, 'listening'), once(far, 'listening')]);
  let dialler = 0;
  near.on('message', (packet, { port }) => {
    dialler = port;
    far.send(packet, to, '127.0.0.1');
  });
  far.on('message', (packet) => {
    const isRetry = ((packet[0] ?? 0) & 0xf0) === 0xf0;
    if (isRetry) near.send(packet, dialler, '127.0.0.1');
  });
  const close = () => {
    near.close();
    far.close();
  };
  return { port: near.address().port, close };
}

// Elsewhere there is no second address of loopback.
describe.runIf(process.platform === 'linux')('a client that proves its address and then stalls', () => {
  it('cannot take all places: who has most of them gives way to who comes from elsewhere', {
    tags: ['slow'],
  }, async () => {
    const { endpoint, router, events } = await serve({ maxConnections: 64 });
    router.handle(ECHO, echo);
    const door = endpoint.boundSockets().find(({ family }) => family === 4);
    const line = await stallingLine(door?.port ?? 0);
    const trap = {
      ...endpoint.address(),
      directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port: line.port }],
    };
    const staller = await net.bind();
    const stalled = Array.from({ length: 100 }, () => staller.connect(trap, ECHO, { timeoutMs: 8_000 }));
    const ended = Promise.allSettled(stalled);
    try {
      await until(() => router.connectionCount === 64);
      await new Promise((resolve) => setTimeout(resolve, HANDSHAKE_STALLS_MS));
      const asked = Array.from({ length: 8 }, async () => asks(await net.bind(), endpoint));
      expect(await Promise.all(asked)).toEqual(Array(8).fill(42));
      // Among themselves they take nobody's place: that would only make work.
      expect(events.filter(({ type }) => type === 'handshake-failed').length).toBeLessThan(20);
    } finally {
      line.close();
      await staller.close();
      await ended;
    }
  });
});

describe('a server that opens streams of a kind nobody accepts', () => {
  it('loses the connection to a side that only asks', async () => {
    const builder = iroh.Endpoint.builder();
    builder.applyMinimal();
    builder.bindAddr('127.0.0.1:0');
    builder.alpns([[...Buffer.from(ECHO)]]);
    const server = await builder.bind();
    try {
      const closed = (async () => {
        const incoming = await server.acceptNext();
        const accepting = await incoming?.accept();
        const connection = await accepting?.connect();
        const stream = await connection?.openUni();
        await stream?.writeAll([1, 2, 3]);
        return connection?.closed();
      })();
      const port = Number(server.boundSockets()[0]?.split(':').at(-1));
      const directAddrs = [{ family: 4 as const, ip: '127.0.0.1', port }];
      const dialler = await net.bind();
      const dialled = await dialler.connect(
        { id: parseEndpointId(server.id().toString()), relayUrls: [], directAddrs },
        ECHO,
      );
      dialled.refuseStreams();
      expect(await closed).toBe('closed by peer: Unexpected stream (code 400)');
    } finally {
      await server.close();
    }
  });
});

describe('a peer that opens a one-way stream', () => {
  it('is closed at once where the handler refuses them', async () => {
    const { endpoint, router } = await serve();
    router.handle(ECHO, (connection, context) => {
      connection.refuseUniStreams();
      return stay(connection, context);
    });
    const peer = await oneWayPeer(endpoint.address(), ECHO);
    try {
      expect(await peer.closed()).toBe('closed by peer: Unexpected stream (code 400)');
      await until(() => router.connectionCount === 0);
      expect(router.connectionCount).toBe(0);
    } finally {
      await peer.leave();
    }
  });

  it('keeps its connection where they may be a part of the handler’s protocol', async () => {
    const { endpoint, router } = await serve();
    router.handle(ECHO, stay);
    const peer = await oneWayPeer(endpoint.address(), ECHO);
    try {
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(peer.closeReason()).toBeNull();
      expect(router.connectionCount).toBe(1);
    } finally {
      await peer.leave();
    }
  });
});
