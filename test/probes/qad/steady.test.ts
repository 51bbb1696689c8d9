import { afterAll, describe, expect, it } from 'vitest';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { QadServer } from './support/qad-server.js';

const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;

describe('many discoveries', () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, 'relay.test');
  afterAll(() => ca.remove());

  it('leave no sockets or connections behind, whatever their end', async () => {
    const before = sockets();
    const trust = new TrustAnchors([root.cert]);
    for (const script of [{}, { deafAfter: 0 }, { isKeyUpdated: true }]) {
      const server = await QadServer.start([derOf(leaf)], leaf.key, script);
      for (let round = 0; round < 5; round++) {
        const socket = await QadSocket.bind(4);
        const target = {
          host: 'relay.test',
          ip: '127.0.0.1',
          port: server.port,
          socket,
          trust,
          timeoutMs: 100,
        };
        await Promise.allSettled(Array.from({ length: 20 }, () => discover(target)));
        await socket.close();
        expect(socket.size).toBe(0);
      }
      await server.close();
    }
    await expect.poll(sockets, { timeout: 3000 }).toBeLessThanOrEqual(before);
  });
});
