import { afterEach, describe, expect, it } from 'vitest';
import { PeerHost } from '../../lib/peer/index.js';
import { Router } from '../../lib/transport/index.js';
import { PEER_ALPN, PEER_HELLO } from '../../lib/wire/index.js';
import { runChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { ECHO, Loopback } from '../support/loopback.js';
import { bytesOf, closing, readFacts, Stage } from './stage.js';

afterEach(() => Stage.clearAll());

describe('a visit', () => {
  it('is told whether the peer is well, gets its bytes back, and is told of at its end', async () => {
    const stage = await Stage.set({ isWell: () => true });
    const { connection, stream, facts } = await stage.greeted();
    expect(facts).toEqual({ isWell: true });
    expect(stage.host.active).toBe(1);
    for (const text of ['a', 'message '.repeat(25), '\0\n']) {
      await stream.write(bytesOf(text));
      expect(Buffer.from(await stream.readExact(text.length)).toString()).toBe(text);
    }
    connection.close(0);
    await until(() => stage.visits.length === 1);
    expect(stage.visits).toEqual([
      {
        remoteId: stage.visitor.id,
        outcome: 'served',
        path: 'direct',
        remoteAddr: expect.stringMatching(/^(127\.0\.0\.1|\[::1\]):\d+$/),
        echoedBytes: 203,
        at: expect.any(Number),
        durationMs: expect.any(Number),
      },
    ]);
    expect(stage.host.active).toBe(0);
  });

  it('may end its stream and then leave', async () => {
    const stage = await Stage.set();
    const { connection, stream } = await stage.greeted();
    await stream.write(bytesOf('last words'));
    await stream.finish();
    expect(Buffer.from(await stream.readToEnd(100)).toString()).toBe('last words');
    connection.close(0);
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'served', echoedBytes: 10 });
  });

  it('may say hello and the first bytes of its echo at once, and in pieces', async () => {
    const stage = await Stage.set();
    for (const size of [1, 5, 100]) {
      const connection = await stage.dial();
      const stream = await connection.openStream();
      const all = bytesOf(`${PEER_HELLO}echo`);
      for (let at = 0; at < all.length; at += size) await stream.write(all.subarray(at, at + size));
      const line = '{"version":1,"isWell":null}\n';
      const answer = await stream.readExact(line.length + 4);
      expect(Buffer.from(answer).toString()).toBe(`${line}echo`);
      connection.close(0);
    }
  });

  it('gets 256 KiB back, and no more', async () => {
    const stage = await Stage.set();
    const { connection, stream } = await stage.greeted();
    const bytes = Uint8Array.from({ length: 256 * 1024 }, (_, index) => index % 251);
    const [, back] = await Promise.all([stream.write(bytes), stream.readExact(bytes.length)]);
    expect(Buffer.from(back).equals(bytes)).toBe(true);
    await stream.write(Uint8Array.of(1));
    expect(await closing(connection)).toBe('1 Too many bytes');
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'bad-request', echoedBytes: bytes.length });
  });

  it('asks the app at each time whether it is well, which may have no answer', async () => {
    const answers: (() => unknown)[] = [
      () => true,
      () => false,
      () => null,
      () => undefined,
      () => 'yes',
      () => Promise.resolve(true),
      () => {
        throw new Error('not yet');
      },
    ];
    const stage = await Stage.set({ isWell: () => answers.shift()?.() as boolean });
    const told: unknown[] = [];
    while (answers.length > 0) {
      const { connection, facts } = await stage.greeted();
      told.push(facts.isWell);
      connection.close(0);
    }
    expect(told).toEqual([true, false, null, null, null, null, null]);
  });

  it('ends at once when the peer stops', async () => {
    const stage = await Stage.set();
    const { connection } = await stage.greeted();
    const silent = await stage.dial();
    await until(() => stage.host.active === 2);
    const startedAt = performance.now();
    await stage.router.close();
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    expect(await Promise.all([closing(connection), closing(silent)])).toEqual(['0', '0']);
    expect(stage.visits.map(({ outcome }) => outcome)).toEqual(['aborted', 'aborted']);
  });
});

describe('a peer host', () => {
  it('serves its own protocol alone', async () => {
    const net = new Loopback();
    try {
      const { server } = await net.connect();
      const { signal } = new AbortController();
      expect(server.alpn).toBe(ECHO);
      await expect(new PeerHost().serve(server, signal)).rejects.toMatchObject({ code: 'ERR_ALPN' });
    } finally {
      await net.closeAll();
    }
  });

  it('hands its visits to a router as a handler', async () => {
    const net = new Loopback();
    const peer = await net.bind();
    const router = new Router(peer);
    router.handle(PEER_ALPN, new PeerHost({ isWell: () => false }).handler);
    router.start();
    try {
      const visitor = await net.bind();
      const connection = await visitor.connect(peer.address(), PEER_ALPN);
      const stream = await connection.openStream();
      await stream.write(bytesOf(PEER_HELLO));
      expect(await readFacts(stream)).toEqual({ isWell: false });
    } finally {
      await router.close();
      await net.closeAll();
    }
  });

  it.each<[object, string]>([
    [{ isWel: () => true }, '`isWel` of new PeerHost() is not known. Did you mean `isWell`?'],
    [{ isWell: true }, '`isWell` of new PeerHost() was true'],
    [{ limits: { maxConnections: 0 } }, '`limits.maxConnections` of new PeerHost() was 0'],
    [{ limits: { visitMs: -1 } }, '`limits.visitMs` of new PeerHost() was -1'],
  ])('says what is wrong with an option: %j', (options, message) => {
    expect(() => new PeerHost(options)).toThrow(message);
    expect(() => new PeerHost(options)).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
  });

  it('never keeps the process alive, with visits in every state', async () => {
    const result = await runChild(
      `
      import { PeerHost } from './lib/peer/index.js';
      import { Router } from './lib/transport/index.js';
      import { PEER_ALPN } from './lib/wire/index.js';
      import { Loopback } from './test/support/loopback.js';
      process.on('unhandledRejection', (error) => { console.log('UNHANDLED', error); process.exit(9); });
      const net = new Loopback();
      const [peer, visitor] = [await net.bind(), await net.bind()];
      const host = new PeerHost();
      const router = new Router(peer);
      router.handle(PEER_ALPN, host.handler);
      router.start();
      const hello = Buffer.from('{"version":1}\\n');
      for (const said of [null, hello.subarray(0, 5), hello, Buffer.concat([hello, Buffer.from('echo')])]) {
        const connection = await visitor.connect(peer.address(), PEER_ALPN);
        if (said !== null) await (await connection.openStream()).write(said);
      }
      while (host.active < 4) await new Promise((done) => setTimeout(done, 10));
      await router.close();
      console.log(host.active);
      await net.closeAll();`,
      { timeoutMs: 25_000 },
    );
    expect(result).toMatchObject({ code: 0, signal: null, stderr: '', stdout: '0\n' });
    expect(result.durationMs).toBeLessThan(10_000);
  });
});
