import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { type DiscoverOptions, discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { QadServer, type ServerScript } from './support/qad-server.js';
import { UdpProxy } from './support/udp-proxy.js';

/** The connection id that a client chose, from the long header of a handshake (RFC 9000, section 17.2). */
function clientIdOf(datagram: Buffer): string | null {
  if ((datagram.readUInt8() & 0x80) === 0) return null;
  const destinationEnd = 6 + datagram.readUInt8(5);
  return datagram
    .subarray(destinationEnd + 1, destinationEnd + 1 + datagram.readUInt8(destinationEnd))
    .toString('hex');
}

describe('attempts of a discovery', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, 'relay.test');
  const trust = new TrustAnchors([root.cert]);
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  afterAll(() => ca.remove());

  /** When each attempt's first datagram left, in milliseconds since the first, and how it ended. */
  async function attempts(script: ServerScript, options: Pick<DiscoverOptions, 'timeoutMs' | 'hurry'>) {
    const server = await QadServer.start([derOf(leaf)], leaf.key, script);
    const firsts = new Map<string, number>();
    const proxy = await UdpProxy.start(server.port, (direction, _, datagram) => {
      const id = direction === 'to-server' ? clientIdOf(datagram) : null;
      if (id !== null && !firsts.has(id)) firsts.set(id, performance.now());
      return true;
    });
    const socket = await QadSocket.bind(4);
    closers.push(
      () => socket.close(),
      () => proxy.close(),
      () => server.close(),
    );
    const target = { host: 'relay.test', ip: '127.0.0.1', port: proxy.port, socket, trust };
    const error: unknown = await discover({ ...target, ...options }).catch((thrown: unknown) => thrown);
    const [start = 0, ...others] = firsts.values();
    return { code: (error as { code?: string }).code, at: others.map((ms) => ms - start), server };
  }

  /** Begins a handshake and never ends it. */
  const HALF: ServerScript = {
    flight: (right) => right.slice(0, 2),
    applicationFrames: () => Buffer.of(1),
  };

  it('the next begins soon where the relay is heard and the handshake is slow', async () => {
    const { code, at } = await attempts(HALF, { timeoutMs: 5000 });
    expect(code).toBe('QAD_TIMEOUT');
    expect(at[0]).toBeGreaterThanOrEqual(290);
    expect(at[0]).toBeLessThan(590);
    // The one that comes after 0.6 s in any case; none comes after 1.2 s, since it is stuck by then.
    expect(at).toHaveLength(2);
  });

  it('come every 0.6 s to a silent relay, and twice as often when another one has answered', async () => {
    const silent: ServerScript = { deafAfter: 0 };
    const alone = await attempts(silent, { timeoutMs: 1100 });
    expect(alone.code).toBe('QAD_SILENT');
    expect(alone.at).toHaveLength(1);
    const hurry = AbortSignal.abort();
    const hurried = await attempts(silent, { timeoutMs: 1100, hurry });
    expect(hurried.code).toBe('QAD_SILENT');
    expect(hurried.at).toHaveLength(3);
  });
});
