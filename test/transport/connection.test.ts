import { afterEach, describe, expect, it } from 'vitest';
import { ECHO, Loopback } from '../support/loopback.js';

const net = new Loopback();
afterEach(() => net.closeAll());
const one = Uint8Array.of(1);

describe('Connection', () => {
  it('knows the peer by TLS and the ALPN', async () => {
    const { client, server, dialler, acceptor } = await net.connect();
    expect(client.remoteId).toBe(acceptor.id);
    expect(server.remoteId).toBe(dialler.id);
    expect([client.alpn, server.alpn]).toEqual([ECHO, ECHO]);
    const [path] = client.paths();
    expect(path).toMatchObject({ isRelay: false, isSelected: true });
    expect(path?.remoteAddr).toMatch(/^(127\.0\.0\.1|\[::1\]):\d+$/);
  });

  it('closed() tells both sides by whom and with which code', async () => {
    const { client, server } = await net.connect();
    expect(client.closeReason).toBeNull();
    const both = Promise.all([client.closed(), server.closed()]);
    client.close(401, 'Unauthorized (code 0)');
    client.close(7);
    expect(await both).toEqual([
      { by: 'local', code: null, reason: '' },
      { by: 'peer', code: 401, reason: 'Unauthorized (code 0)' },
    ]);
    expect(server.closeReason?.code).toBe(401);
  });

  it('a stream that arrives after its wait was given up goes to the next call', async () => {
    const { client, server } = await net.connect();
    await expect(server.acceptStream({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    const [first, second] = [await client.openStream(), await client.openStream()];
    await first.write(Uint8Array.of(11));
    await second.write(Uint8Array.of(22));
    expect(await (await server.acceptStream()).readExact(1)).toEqual(Uint8Array.of(11));
    expect(await (await server.acceptStream()).readExact(1)).toEqual(Uint8Array.of(22));
  });

  it('bytes that arrive after their read was given up go to the next read', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(one);
    const theirs = await server.acceptStream();
    await theirs.readExact(1);
    await expect(theirs.read(10, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await stream.write(Uint8Array.of(2, 3));
    expect(await theirs.read(1)).toEqual(Uint8Array.of(2));
    expect(await theirs.read(9)).toEqual(Uint8Array.of(3));
    await stream.finish();
    expect(await theirs.read(1)).toBeNull();
    expect(await theirs.read(1)).toBeNull();
  });

  it('a write that was given up resets the stream', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(one);
    const theirs = await server.acceptStream();
    const abort = new AbortController();
    const writing = stream.write(new Uint8Array(8 * 1024 * 1024), { signal: abort.signal });
    setTimeout(() => abort.abort(), 300);
    await expect(writing).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(theirs.readToEnd(16 * 1024 * 1024, { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'ERR_STREAM',
      streamCode: 0,
    });
  });

  it('readToEnd takes what fits and stops what does not', async () => {
    const { client, server } = await net.connect();
    for (const [length, ok] of [
      [100, true],
      [101, false],
    ] as const) {
      const stream = await client.openStream();
      await stream.write(new Uint8Array(length));
      await stream.finish();
      const reading = (await server.acceptStream()).readToEnd(100);
      if (ok) expect(await reading).toHaveLength(100);
      else await expect(reading).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_LARGE' });
    }
  });

  it('openStream waits while all streams are in use, and is given up by its signal', async () => {
    const { client } = await net.connect();
    const streams = await Promise.all(Array.from({ length: 100 }, () => client.openStream()));
    await expect(client.openStream({ timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(client.openStream({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    expect(streams).toHaveLength(100);
  });

  it('every pending wait ends when the peer closes', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(one);
    await server.acceptStream();
    const waits = [client.acceptStream(), stream.read(1), stream.acknowledged({ timeoutMs: 9_000 })];
    const settled = Promise.allSettled(waits);
    server.close(5, 'bye');
    for (const result of await settled) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'ERR_CONNECTION_CLOSED', closeReason: { code: 5, reason: 'bye' } },
      });
    }
  });
});
