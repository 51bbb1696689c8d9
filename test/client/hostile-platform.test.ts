import { afterEach, describe, expect, it } from 'vitest';
import { Session } from '../../lib/client/index.js';
import { encodeFrame } from '../../lib/wire/index.js';
import { until } from '../support/fake-time.js';
import { Loopback } from '../support/loopback.js';
import { TinyPlatform } from './tiny-platform.js';

const net = new Loopback();
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await net.closeAll();
});

async function online(): Promise<{ platform: TinyPlatform; session: Session }> {
  const platform = new TinyPlatform(await net.bind()).open();
  closers.push(() => platform.close());
  const { apiSecret } = platform;
  const session = new Session({ endpoint: await net.bind(), apiSecret, limits: { reconnectMinMs: 20 } });
  closers.push(() => session.stop());
  session.start();
  await session.whenOnline({ timeoutMs: 10_000 });
  return { platform, session };
}

describe('a hostile platform', () => {
  it('that opens streams loses its connection: QUIC would keep a megabyte of each of a hundred of them', async () => {
    const { platform, session } = await online();
    const [connection] = platform.connections;
    const stream = await connection?.openStream();
    await stream?.write(new Uint8Array(1_000));
    // With 400, which the binding may lose on the way: the hostile one may as well hear of a reset.
    await connection?.closed();
    // It is one connection that broke, and there will be another.
    await until(() => platform.connections.length === 2);
    await session.whenOnline({ timeoutMs: 10_000 });
  });

  it('that goes on after its answer is not listened to: it could put a megabyte behind each ping', async () => {
    const { session, platform } = await online();
    let stopped: Promise<unknown> | undefined;
    platform.flood = async (stream, body) => {
      await stream.write(encodeFrame(body));
      // It may be told to stop while it still writes.
      stopped = stream.write(new Uint8Array(64 * 1024)).then(() => stream.acknowledged({ timeoutMs: 5_000 }));
      await stopped.catch(() => {});
    };
    await session.ping();
    await until(() => stopped !== undefined);
    await expect(stopped).rejects.toMatchObject({ code: 'ERR_STREAM', streamCode: 0 });
    platform.flood = null;
    await session.ping();
    expect(platform.connections).toHaveLength(1);
  });
});
