import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../lib/transport/index.js';
import { PEER_ALPN, PEER_HELLO } from '../../lib/wire/index.js';
import { until } from '../support/fake-time.js';
import { oneWayPeer } from '../support/one-way.js';
import { bytesOf, closing, Stage } from './stage.js';

afterEach(() => Stage.clearAll());

/**
 * A connection that is closed while it opens its second path may lose the packet that says why, and its peer sees a
 * reset: the binding's doing (docs/decisions/transport.md), seen where this machine is busy.
 */
const MAY_LOSE_ITS_CLOSE = { retry: 2 };

/** Writes bytes on a stream of their own; `finish` says that no more come. */
async function send(connection: Connection, bytes: Uint8Array, isFinished = false) {
  const stream = await connection.openStream();
  await stream.write(bytes);
  if (isFinished) await stream.finish();
  return stream;
}

/** After all that a stranger did: nothing is left of it, and a good visit works. */
async function expectUnharmed(stage: Stage): Promise<void> {
  await until(() => stage.host.active === 0 && stage.router.connectionCount === 0);
  const { connection, stream, facts } = await stage.greeted();
  expect(facts).toEqual({ isWell: null });
  await stream.write(bytesOf('still here'));
  expect(Buffer.from(await stream.readExact(10)).toString()).toBe('still here');
  connection.close(0);
}

describe('a stranger that says something else', MAY_LOSE_ITS_CLOSE, () => {
  const hello = '400 Expected a hello';
  it.each<[string, (connection: Connection) => Promise<unknown>, string]>([
    ['another version', (to) => send(to, bytesOf('{"version":2}\n')), hello],
    ['zeros', (to) => send(to, new Uint8Array(1000)), hello],
    ['another case', (to) => send(to, bytesOf(PEER_HELLO.toUpperCase())), hello],
    ['half a hello, and its end', (to) => send(to, bytesOf('{"vers'), true), hello],
    ['nothing, and its end', (to) => send(to, new Uint8Array(0), true), hello],
    [
      'half a hello, and then a reset',
      async (to) => {
        const stream = await send(to, bytesOf('{"vers'));
        stream.reset(7);
        return stream;
      },
      hello,
    ],
    [
      'hello on a second stream too',
      async (to) => [await send(to, bytesOf(PEER_HELLO)), await send(to, bytesOf(PEER_HELLO))],
      '400 Unexpected second stream',
    ],
  ])('is turned away: %s', async (_, act, wanted) => {
    const stage = await Stage.set();
    const connection = await stage.dial();
    const held = await act(connection).catch(() => null);
    expect(await closing(connection)).toBe(wanted);
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'bad-request', echoedBytes: 0 });
    await expectUnharmed(stage);
    expect(held).not.toBe(1);
  });

  it('is turned away: a hundred streams at once', async () => {
    const stage = await Stage.set();
    const connection = await stage.dial();
    const streams = Array.from({ length: 100 }, () => send(connection, new Uint8Array(1000)));
    await Promise.allSettled(streams);
    expect(await closing(connection)).toMatch(/^400 (Unexpected second stream|Expected a hello)$/);
    await expectUnharmed(stage);
  });

  it('is turned away: a one-way stream', async () => {
    const stage = await Stage.set();
    const peer = await oneWayPeer(stage.peer.address(), PEER_ALPN);
    try {
      expect(await peer.closed()).toBe('closed by peer: Unexpected stream (code 400)');
    } finally {
      await peer.leave();
    }
    await until(() => stage.visits.length === 1);
    await expectUnharmed(stage);
  });

  it('is turned away: bytes without end', async () => {
    const stage = await Stage.set();
    const { connection, stream } = await stage.greeted();
    const chunk = new Uint8Array(16 * 1024);
    const writing = (async () => {
      for (;;) await stream.write(chunk);
    })();
    const reading = (async () => {
      while ((await stream.read(chunk.length)) !== null);
    })();
    await Promise.allSettled([writing, reading]);
    expect(await closing(connection)).toBe('1 Too many bytes');
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'bad-request' });
    expect(stage.visits[0]?.echoedBytes).toBeLessThanOrEqual(256 * 1024);
    await expectUnharmed(stage);
  });
});

describe('a stranger that takes its time', () => {
  it.each<[string, (connection: Connection) => Promise<unknown>]>([
    ['never says anything', () => Promise.resolve()],
    ['opens a stream and stays silent', (connection) => connection.openStream()],
    ['stops within its hello', (connection) => send(connection, bytesOf('{"version"'))],
    ['says hello and nothing more', (connection) => send(connection, bytesOf(PEER_HELLO))],
    ['ends its stream and stays', (connection) => send(connection, bytesOf(PEER_HELLO), true)],
  ])('is given up when it %s', async (_, act) => {
    const stage = await Stage.set({ limits: { visitMs: 200 } });
    const connection = await stage.dial();
    const held = await act(connection);
    expect(await closing(connection)).toBe('0 The time is up');
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'timed-out', echoedBytes: 0 });
    await expectUnharmed(await Stage.set());
    expect(held).not.toBeNull();
  });

  it('is given up when it never reads, and is not read either', async () => {
    // Twice what QUIC lets a stream have under way.
    const limits = { visitMs: 1_500, maxEchoBytes: 64 * 1024 * 1024 };
    const stage = await Stage.set({ limits });
    const connection = await stage.dial();
    const stream = await send(connection, bytesOf(PEER_HELLO));
    let written = 0;
    const writing = (async () => {
      const chunk = new Uint8Array(16 * 1024);
      for (; ; written += chunk.length) await stream.write(chunk);
    })();
    await expect(writing).rejects.toMatchObject({ code: 'ERR_CONNECTION_CLOSED' });
    expect(await closing(connection)).toBe('0 The time is up');
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'timed-out' });
    // It stopped taking bytes in long before the time was up.
    expect(written).toBeLessThan(8 * 1024 * 1024);
    expect(stage.host.active).toBe(0);
  });

  it('leaves in the middle of anything, and nothing of it stays', async () => {
    const stage = await Stage.set();
    const early = await stage.dial();
    await until(() => stage.host.active === 1);
    early.close(0);
    await until(() => stage.visits.length === 1);
    const { connection, stream } = await stage.greeted();
    await stream.write(bytesOf('x'));
    connection.close(7, 'bye');
    await until(() => stage.visits.length === 2);
    expect(stage.visits.map(({ outcome }) => outcome)).toEqual(['aborted', 'served']);
    await expectUnharmed(stage);
  });
});

describe('a crowd', MAY_LOSE_ITS_CLOSE, () => {
  it('of silent strangers in all places keeps nobody out: the oldest gives way', async () => {
    const stage = await Stage.set();
    const silent: Connection[] = [];
    for (let count = 0; count < 16; count += 1) {
      silent.push(await stage.dial());
      await until(() => stage.host.active === count + 1);
    }
    const { connection } = await stage.greeted(await Stage.stranger());
    const [oldest] = silent;
    expect(oldest === undefined ? '' : await closing(oldest)).toBe('503 Too many connections');
    await until(() => stage.visits.length === 1);
    expect(stage.visits[0]).toMatchObject({ outcome: 'busy' });
    expect(silent.slice(1).every(({ closeReason }) => closeReason === null)).toBe(true);
    expect(stage.host.active).toBe(16);
    for (const one of [...silent, connection]) one.close(0);
    await expectUnharmed(stage);
  });

  it('of 300 at once takes 16 places, and leaves nothing behind', async () => {
    const stage = await Stage.set({ limits: { visitMs: 500 } });
    const callers = await Promise.all(Array.from({ length: 6 }, () => Stage.stranger()));
    let mostActive = 0;
    const watch = setInterval(() => {
      mostActive = Math.max(mostActive, stage.host.active);
    }, 1);
    const closings = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        try {
          const connection = await stage.dial(callers[index % callers.length]);
          if (index % 3 > 0) await send(connection, bytesOf(PEER_HELLO.slice(0, index % 3 === 1 ? 5 : 14)));
          return await closing(connection);
        } catch {
          // Closed, or refused by the router, before it could say anything.
          return 'refused';
        }
      }),
    );
    clearInterval(watch);
    expect(mostActive).toBe(16);
    expect(closings.filter((how) => how === '503 Too many connections').length).toBeGreaterThan(100);
    await until(() => stage.host.active === 0 && stage.router.connectionCount === 0);
  });
});

it('an observer that fails ends nothing', async () => {
  const stage = await Stage.set({
    onVisit: () => {
      throw new Error('a fault of the app');
    },
  });
  const { connection } = await stage.greeted();
  connection.close(0);
  await until(() => stage.visits.length === 1);
  await expectUnharmed(stage);
});
