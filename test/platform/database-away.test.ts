import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnostics } from '../../lib/index.js';
import { DEFAULT_PROJECT } from '../../lib/services/records.js';
import type { Platform } from '../../platform/index.js';
import { bearer } from '../support/dashboard-door.js';
import { until } from '../support/fake-time.js';
import { PostgresServer, postgresAvailable } from '../support/postgres.js';
import { unhandledRejections } from '../support/unhandled-rejections.js';
import { Stage } from './stage.js';

const stage = new Stage();
const opened: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await stage.close();
});

async function withDatabase(): Promise<{ server: PostgresServer; platform: Platform; app: NetDiagnostics }> {
  const server = await PostgresServer.start({ fsync: false });
  const platform = await stage.platform({
    dataDir: await stage.folder(),
    database: await server.createDatabase(),
    dashboard: {},
  });
  const app = NetDiagnostics.start(
    {
      apiSecret: (await platform.createApiSecret('test')).reveal(),
      name: 'gate',
      network: 'minimal',
      bindAddrs: ['loopback'],
      probes: ['route', 'endpoint'],
      logger: false,
    },
    {},
  );
  opened.push({ close: () => app.stop() }, { close: () => platform.stop() }, { close: () => server.stop() });
  expect(await app.ready({ timeoutMs: 20_000 })).toMatchObject({ grant: { state: 'granted' } });
  return { server, platform, app };
}

/** What the list of endpoints answers to a browser, and how long that took. */
async function list(platform: Platform): Promise<{ status: number; ms: number }> {
  const url = new URL(platform.dashboardUrl ?? '');
  const startedAt = performance.now();
  const { status } = await fetch(new URL('/api/v1/projects/default/endpoints', url), {
    headers: bearer(),
  });
  return { status, ms: performance.now() - startedAt };
}

describe.runIf(postgresAvailable())('a platform whose database is away', () => {
  it('says so at once, keeps its sessions, and goes on when it is back', async () => {
    const unhandled = unhandledRejections();
    const { server, platform, app } = await withDatabase();
    const id = app.status().endpointId as never;
    await platform.dialBack(id);
    await server.crash();
    const answers = await Promise.all([list(platform), list(platform)]);
    for (const { status, ms } of answers) {
      expect(status).toBeGreaterThanOrEqual(500);
      expect(ms).toBeLessThan(2_000);
    }
    await expect(platform.endpoints()).rejects.toMatchObject({ code: 'ERR_STORE' });
    await expect(platform.dialBack(id)).rejects.toMatchObject({ code: 'ERR_STORE' });
    await new Promise((settle) => setTimeout(settle, 2_000));
    expect(app.status().state).toBe('online');
    await server.resume();
    expect(await list(platform)).toMatchObject({ status: 200 });
    const after = await platform.dialBack(id);
    expect(await platform.reports(id, { limit: 1 })).toEqual([after]);
    expect((await platform.endpoints({ project: DEFAULT_PROJECT })).endpoints).toMatchObject([
      { id, isOnline: true, name: 'gate' },
    ]);
    expect(unhandled).toEqual([]);
  });

  it('remembers who left meanwhile', async () => {
    const { server, platform, app } = await withDatabase();
    await server.crash();
    await app.stop();
    await new Promise((settle) => setTimeout(settle, 1_000));
    await server.resume();
    await until(async () => (await platform.endpoints()).endpoints[0]?.isOnline === false, 10_000);
  });

  it('does not wait longer than it has to for a database that says nothing', { tags: ['slow'] }, async () => {
    const unhandled = unhandledRejections();
    const { server, platform, app } = await withDatabase();
    await server.freeze();
    const answers = await Promise.all([list(platform), list(platform)]);
    for (const { status, ms } of answers) {
      expect(status).toBeGreaterThanOrEqual(500);
      expect(ms).toBeLessThan(12_000);
    }
    server.thaw();
    await until(async () => (await list(platform)).status === 200, 10_000);
    const report = await platform.dialBack(app.status().endpointId as never);
    expect((await platform.reports(report.endpointId))[0]).toEqual(report);
    expect(unhandled).toEqual([]);
  });
});
