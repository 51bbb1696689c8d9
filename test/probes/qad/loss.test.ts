import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { QadServer } from './support/qad-server.js';
import { type Passes, UdpProxy } from './support/udp-proxy.js';

describe('datagrams are lost', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, 'relay.test');
  // A flight of several datagrams: the chain carries a spare certificate of 1.5 KiB.
  const spare = ca.issue(root, 'Spare', { key: 'rsa:4096' });
  const trust = new TrustAnchors([root.cert]);
  let server: QadServer;

  beforeAll(async () => {
    server = await QadServer.start([derOf(leaf), derOf(spare)], leaf.key);
  });
  afterAll(async () => {
    await server.close();
    ca.remove();
  });

  async function through(passes: Passes): Promise<UdpProxy['counts']> {
    const proxy = await UdpProxy.start(server.port, passes);
    const socket = await QadSocket.bind(4);
    try {
      const options = { host: 'relay.test', ip: '127.0.0.1', port: proxy.port, socket, trust };
      const { observed } = await discover({ ...options, timeoutMs: 2900 });
      expect(observed).toEqual({ family: 4, ip: '127.0.0.1', port: proxy.publicPortOf(socket.port) });
      expect(socket.size).toBe(1);
      return proxy.counts;
    } finally {
      await socket.close();
      await proxy.close();
    }
  }

  it('none', async () => {
    const { 'to-client': count } = await through(() => true);
    // The patterns below would lose nothing that matters otherwise.
    expect(count).toBeGreaterThanOrEqual(3);
  });

  const directions = ['to-server', 'to-client'] as const;
  const single = directions.flatMap((direction) =>
    [0, 1, 2, 3, 4, 5].map((index) => [direction, index] as const),
  );
  it.each(single)('%s: number %i', async (lost, number) => {
    await through((direction, index) => direction !== lost || index !== number);
  });

  const runs = directions.flatMap((direction) => [2, 3, 4].map((count) => [direction, count] as const));
  it.each(runs)('%s: the first %i', async (lost, count) => {
    await through((direction, index) => direction !== lost || index >= count);
  });

  it('every second one, both ways', async () => {
    await through((_, index) => index % 2 === 1);
  });
});
