import { afterEach, describe, expect, it } from 'vitest';
import { call, readRequest, respond } from '../../lib/transport/index.js';
import { encodeFrame, MAX_MESSAGE_SIZE } from '../../lib/wire/index.js';
import { Loopback } from '../support/loopback.js';

const net = new Loopback();
afterEach(() => net.closeAll());

const bytes = (...values: number[]) => Uint8Array.from(values);
const filled = (length: number) => Uint8Array.from({ length }, (_, index) => index % 251);

describe('call, readRequest, respond', () => {
  it.each([0, 1, 127, 128, 65_535, 65_536, 300_000])('carry a body of %i bytes both ways', async (length) => {
    const { client, server } = await net.connect();
    const body = filled(length);
    const serving = (async () => {
      const stream = await server.acceptStream();
      await respond(stream, await readRequest(stream));
    })();
    expect(Buffer.from(await call(client, body)).equals(body)).toBe(true);
    await serving;
  });

  it('carry a body of 16 MiB, and no more', async () => {
    const { client, server } = await net.connect();
    const body = new Uint8Array(MAX_MESSAGE_SIZE).fill(7);
    const serving = (async () => {
      const stream = await server.acceptStream();
      const request = await readRequest(stream, { timeoutMs: 25_000 });
      await respond(stream, bytes(request.length === MAX_MESSAGE_SIZE ? 1 : 0));
    })();
    expect(await call(client, body)).toEqual(bytes(1));
    await serving;
    expect(() => call(client, new Uint8Array(MAX_MESSAGE_SIZE + 1))).toThrow(
      expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' }),
    );
  });

  it('readRequest takes one frame and leaves the stream open behind it', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(Buffer.concat([encodeFrame(bytes(1, 2)), encodeFrame(bytes(3))]));
    const theirs = await server.acceptStream();
    expect(await readRequest(theirs)).toEqual(bytes(1, 2));
    expect(await readRequest(theirs)).toEqual(bytes(3));
  });

  it('readRequest assembles a frame that comes byte by byte', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    const body = filled(200);
    const reading = server.acceptStream().then((theirs) => readRequest(theirs));
    for (const byte of encodeFrame(body)) await stream.write(bytes(byte));
    expect(Buffer.from(await reading).equals(body)).toBe(true);
  });

  it('an announced length beyond the limit is refused with code 1, both directions', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(bytes(0x81, 0x80, 0x80, 0x08));
    const theirs = await server.acceptStream();
    await expect(readRequest(theirs)).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_LARGE' });
    await expect(stream.acknowledged()).rejects.toMatchObject({ code: 'ERR_STREAM', streamCode: 1 });
    await expect(stream.read(1)).rejects.toMatchObject({ code: 'ERR_STREAM', streamCode: 1 });
    expect(server.closeReason).toBeNull();
  });

  it('readRequest keeps to a smaller limit of its own', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(encodeFrame(filled(101)));
    const theirs = await server.acceptStream();
    await expect(readRequest(theirs, { maxSize: 100 })).rejects.toMatchObject({
      code: 'ERR_MESSAGE_TOO_LARGE',
    });
  });

  it('a length that is not minimal is no message', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(bytes(0x81, 0x00));
    await expect(readRequest(await server.acceptStream())).rejects.toMatchObject({ code: 'ERR_WIRE_DECODE' });
  });

  it.each([
    ['nothing', []],
    ['half a length', [0x80]],
    ['half a body', [5, 1, 2]],
  ])('a stream that ends after %s fails', async (_, sent) => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(Uint8Array.from(sent));
    await stream.finish();
    await expect(readRequest(await server.acceptStream())).rejects.toMatchObject({ code: 'ERR_STREAM' });
  });

  it.each([
    ['half a length', [0x80]],
    ['half a body', [5, 1, 2]],
  ])('a peer that stalls after %s is given up', async (_, sent) => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(Uint8Array.from(sent));
    const startedAt = performance.now();
    const theirs = await server.acceptStream();
    await expect(readRequest(theirs, { timeoutMs: 150 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(1_500);
  });

  it('the time limit is of the whole message, not of each byte', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(bytes(100));
    const drip = setInterval(() => stream.write(bytes(0)).catch(() => {}), 30);
    const theirs = await server.acceptStream();
    await expect(readRequest(theirs, { timeoutMs: 250 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    clearInterval(drip);
  });

  it('a large announced length allocates nothing before bytes arrive', async () => {
    const { client, server } = await net.connect();
    const before = process.memoryUsage().arrayBuffers;
    const readings: Promise<unknown>[] = [];
    for (let index = 0; index < 40; index += 1) {
      const stream = await client.openStream();
      await stream.write(bytes(0x80, 0x80, 0x80, 0x08, 1));
      const theirs = await server.acceptStream();
      readings.push(readRequest(theirs, { timeoutMs: 300 }).catch((error: unknown) => error));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
    await Promise.all(readings);
  });

  it("a peer's 401 reaches the caller", async () => {
    const { client, server } = await net.connect();
    const serving = (async () => {
      await readRequest(await server.acceptStream());
      server.close(401, 'Unauthorized');
    })();
    await expect(call(client, bytes(1))).rejects.toMatchObject({
      name: 'ConnectionClosedError',
      code: 'ERR_CONNECTION_CLOSED',
      closeReason: { by: 'peer', code: 401, reason: 'Unauthorized' },
    });
    await serving;
  });

  it("a peer's reset reaches the caller, and the connection lives on", async () => {
    const { client, server } = await net.connect();
    const serving = (async () => {
      const unknown = await server.acceptStream();
      await readRequest(unknown);
      unknown.reset(2);
      const stream = await server.acceptStream();
      await respond(stream, await readRequest(stream));
    })();
    await expect(call(client, bytes(9))).rejects.toMatchObject({ code: 'ERR_STREAM', streamCode: 2 });
    expect(await call(client, bytes(1))).toEqual(bytes(1));
    await serving;
  });

  it('an answer is not lost when the connection is closed right after respond', async () => {
    for (let round = 0; round < 10; round += 1) {
      const { client, server } = await net.connect();
      const serving = (async () => {
        const stream = await server.acceptStream();
        await readRequest(stream);
        await respond(stream, filled(50_000));
        server.close(0);
      })();
      expect(await call(client, bytes(1))).toHaveLength(50_000);
      await serving;
    }
  });

  it('respond is content when the peer takes the answer and closes normally', async () => {
    const { client, server } = await net.connect();
    const serving = (async () => {
      const stream = await server.acceptStream();
      await respond(stream, await readRequest(stream));
    })();
    await call(client, bytes(1));
    client.close(0);
    await serving;
  });

  it('respond is content when the peer drops the stream without reading to its end', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(encodeFrame(bytes(1)));
    const theirs = await server.acceptStream();
    await readRequest(theirs);
    const responding = respond(theirs, bytes(2));
    await stream.readExact(2);
    stream.stop(0);
    await responding;
  });

  it('respond gives up on a peer that does not read', async () => {
    const { client, server } = await net.connect();
    const stream = await client.openStream();
    await stream.write(bytes(0));
    const theirs = await server.acceptStream();
    await expect(respond(theirs, new Uint8Array(MAX_MESSAGE_SIZE), { timeoutMs: 500 })).rejects.toMatchObject(
      {
        code: 'ERR_TIMEOUT',
      },
    );
  });

  it('call is cancelled by its signal, and its stream is given up', async () => {
    const { client, server } = await net.connect();
    const abort = new AbortController();
    const calling = call(client, bytes(1), { signal: abort.signal });
    const stream = await server.acceptStream();
    await readRequest(stream);
    abort.abort(new Error('enough'));
    await expect(calling).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: new Error('enough') });
    // The caller's reading side is stopped: a late answer goes nowhere.
    const answering = stream.write(bytes(0)).then(() => stream.acknowledged({ timeoutMs: 2_000 }));
    await expect(answering).rejects.toMatchObject({ code: 'ERR_STREAM', streamCode: 0 });
  });

  it('call has a time limit', async () => {
    const { client } = await net.connect();
    await expect(call(client, bytes(1), { timeoutMs: 100 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
  });

  it('calls run side by side on one connection', async () => {
    const { client, server } = await net.connect();
    const serving = Promise.all(
      Array.from({ length: 50 }, async () => {
        const stream = await server.acceptStream();
        await respond(stream, await readRequest(stream));
      }),
    );
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => call(client, bytes(index))));
    expect(answers.map(([first]) => first)).toEqual(Array.from({ length: 50 }, (_, index) => index));
    await serving;
  });
});
