import { afterEach, describe, expect, it } from 'vitest';
import { netDiagnostics } from '../integrations/express/index.js';
import { adoptEndpoint, Router } from '../lib/core.js';
import { NetDiagnostics } from '../lib/index.js';
import { MemoryStore, ServicesHost } from '../lib/services/index.js';
import { Platform } from '../platform/index.js';
import { bindNative, LOCAL } from './net-diagnostics/stage.js';
import { Loopback } from './support/loopback.js';

const net = new Loopback();
afterEach(() => net.closeAll());

/** What `await using` does at the end of its block. */
const leave = (used: AsyncDisposable) => used[Symbol.asyncDispose]();

describe('what is started and stopped ends with its `await using`', () => {
  it('NetDiagnostics, and the handle of the Express middleware', async () => {
    const app = NetDiagnostics.start({ ...LOCAL, logger: false });
    const handle = netDiagnostics({ ...LOCAL, logger: false });
    await Promise.all([leave(app), leave(handle)]);
    expect([app.status().state, handle.status().state]).toEqual(['stopped', 'stopped']);
  });

  it('a platform, and its services', async () => {
    const platform = await Platform.start({ dataDir: ':memory:', port: 0, dashboard: false });
    const [endpoint, store] = [await net.bind(), new MemoryStore()];
    const services = ServicesHost.start({ endpoint, store });
    await Promise.all([leave(platform), leave(services)]);
    await platform.stop();
    expect(endpoint.isClosed).toBe(false);
    expect(() => new Router(endpoint).start()).not.toThrow();
  });

  it('an endpoint, unless it is somebody else’s, its router and who listens on it', async () => {
    const native = await bindNative([]);
    try {
      const own = await net.bind();
      const adopted = adoptEndpoint(native, { alpns: [] });
      const router = new Router(adopted);
      router.start();
      await leave(router);
      expect(() => router.start()).toThrow(expect.objectContaining({ code: 'ERR_STATE' }));
      const listening = adopted.listen(() => {});
      await leave(listening);
      await listening.ended;
      await Promise.all([leave(own), leave(adopted)]);
      expect([own.isClosed, adopted.isClosed]).toEqual([true, false]);
    } finally {
      await native.close();
    }
  });
});
