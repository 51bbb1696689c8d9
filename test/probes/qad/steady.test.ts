import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from 'vitest';
import { discover, QadSocket, TrustAnchors } from '../../../lib/probes/qad/index.js';
import { derOf, LabCa } from './support/lab-ca.js';
import { QadServer, type ServerScript } from './support/qad-server.js';

/** Of the garbage that is left over nobody is to blame. */
function heapUsed(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let time = 0; time < 3; time += 1) collect();
  return process.memoryUsage().heapUsed;
}

const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;

describe('many discoveries', { tags: ['slow'] }, () => {
  const ca = new LabCa();
  const root = ca.root('Lab CA');
  const leaf = ca.server(root, 'relay.test');
  afterAll(() => ca.remove());

  const trust = new TrustAnchors([root.cert]);

  /** So many times twenty at once over one socket each time. */
  async function ask(rounds: number, script: ServerScript): Promise<void> {
    const server = await QadServer.start([derOf(leaf)], leaf.key, script);
    for (let round = 0; round < rounds; round += 1) {
      const socket = await QadSocket.bind(4);
      const target = { host: 'relay.test', ip: '127.0.0.1', port: server.port, socket, trust };
      const asked = Array.from({ length: 20 }, () => discover({ ...target, timeoutMs: 100 }));
      await Promise.allSettled(asked);
      await socket.close();
      expect(socket.size).toBe(0);
    }
    await server.close();
  }

  it('leave no sockets or connections behind, whatever their end', async () => {
    const before = sockets();
    for (const script of [{}, { deafAfter: 0 }, { isKeyUpdated: true }]) await ask(5, script);
    await expect.poll(sockets, { timeout: 3000 }).toBeLessThanOrEqual(before);
  });

  it('leave no memory behind: two thousand of them', async () => {
    await ask(20, {});
    const [heap, handles] = [heapUsed(), process.getActiveResourcesInfo().length];
    for (let part = 0; part < 10; part += 1) await ask(10, part % 2 === 0 ? {} : { isKeyUpdated: true });
    expect(heapUsed() - heap).toBeLessThan(1_000_000);
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handles + 2);
  });
});
