import { fastify } from 'fastify';
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest';
import asDefault, {
  type NetDiagnosticsFastifyOptions,
  netDiagnostics,
} from '../../integrations/fastify/index.js';
import type { NetDiagnostics } from '../../lib/index.js';
import { Stage } from '../net-diagnostics/stage.js';
import { OPEN } from './behaviours/apps.js';

const stage = new Stage();
const apps: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await stage.clear();
});

function newApp(options = {}) {
  const app = fastify(options);
  apps.push(app);
  return app;
}

describe('the Fastify plugin', () => {
  it('decorates the app, with its type', async () => {
    const app = newApp();
    await app.register(asDefault, OPEN);
    expectTypeOf(app.netDiagnostics).toEqualTypeOf<NetDiagnostics>();
    expect(app.netDiagnostics.status().state).toBe('starting');
    await app.ready();
    expect(app.netDiagnostics.status().state).toBe('disabled');
    expect(asDefault).toBe(netDiagnostics);
  });

  it('is at /net-diagnostics without a prefix, and below the prefix of the context it is registered in', async () => {
    const app = newApp();
    await app.register(netDiagnostics, OPEN);
    await app.register(
      async (admin) => {
        await admin.register(netDiagnostics, { ...OPEN, prefix: '/network', decorator: 'ofAdmin' });
      },
      { prefix: '/admin' },
    );
    for (const url of ['/net-diagnostics/status', '/admin/network/status']) {
      expect([url, (await app.inject(url)).statusCode]).toEqual([url, 200]);
    }
    const bare = await app.inject('/admin/network');
    expect([bare.statusCode, bare.headers.location]).toEqual([308, './network/']);
    expect((await app.inject('/admin/network/none')).json()).toMatchObject({ error: 'Not Found' });
  });

  it('does not count against the plugin time-out, nor delay the boot, with a platform that is not there', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const app = newApp({ pluginTimeout: 100 });
    app.register(netDiagnostics, { ...OPEN, apiSecret });
    const startedAt = performance.now();
    await app.ready();
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('opens nothing in an app whose boot fails', async () => {
    const { apiSecret, ...platform } = await stage.platform();
    const app = newApp();
    app.register(netDiagnostics, { ...OPEN, apiSecret });
    app.register(async () => {
      throw new Error('no database');
    });
    await expect(app.ready()).rejects.toThrow('no database');
    expect(platform.connections).toHaveLength(0);
  });

  it('stops in an app that is closed while it boots, and twice', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const app = newApp();
    app.register(netDiagnostics, { ...OPEN, apiSecret });
    app.register(async () => {
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    const booted = Promise.allSettled([app.ready()]);
    await app.close();
    await app.close();
    await booted;
    expect(app.netDiagnostics.status().state).toBe('stopped');
    await expect(app.netDiagnostics.run()).rejects.toMatchObject({ code: 'ERR_STATE' });
  });

  it('fails the boot for a malformed setting, and for a name that is taken', async () => {
    const typo = { apiSecrt: 'x' } as NetDiagnosticsFastifyOptions;
    await expect(newApp().register(netDiagnostics, typo)).rejects.toThrow(/`apiSecrt`.*`apiSecret`/);
    const app = newApp();
    await app.register(netDiagnostics, OPEN);
    await expect(app.register(netDiagnostics, OPEN)).rejects.toThrow(/netDiagnostics/);
  });

  it("writes to the app's own logger", async () => {
    const lines: string[] = [];
    const stream = { write: (line: string) => void lines.push(line) };
    const app = newApp({ logger: { stream } });
    await app.register(netDiagnostics, { ...OPEN, logger: null });
    await app.ready();
    expect(lines.join('')).toMatch(/"level":30.*no API secret/);
  });

  it('sends the headers along that the hooks of the app have set', async () => {
    const app = newApp();
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('strict-transport-security', 'max-age=1');
      reply.header('cache-control', 'public');
    });
    await app.register(netDiagnostics, OPEN);
    const { headers } = await app.inject('/net-diagnostics/');
    expect(headers).toMatchObject({ 'strict-transport-security': 'max-age=1', 'cache-control': 'no-store' });
  });

  it('has its routes seen by the onResponse hooks of the app', async () => {
    const seen: string[] = [];
    const app = newApp();
    app.addHook('onResponse', async (request, reply) => void seen.push(`${request.url} ${reply.statusCode}`));
    await app.register(netDiagnostics, OPEN);
    await app.inject('/net-diagnostics/status');
    await app.inject({ url: '/net-diagnostics/status', headers: { host: 'attacker.example' } });
    expect(seen).toEqual(['/net-diagnostics/status 200', '/net-diagnostics/status 403']);
  });
});
