import { afterEach, describe, expect, it } from 'vitest';
import { originOf, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { PostgresServer, postgresAvailable } from '../../support/postgres.js';
import { Stage } from '../stage.js';

const stage = new Stage();
const servers: PostgresServer[] = [];
afterEach(async () => {
  for (const server of servers) server.thaw();
  await stage.close();
  for (const server of servers.splice(0)) await server.stop();
});

async function said(origin: string, path: string): Promise<[status: number, text: string]> {
  const answer = await fetch(origin + path);
  return [answer.status, await answer.text()];
}

describe('the health of a platform', () => {
  it('is told to everybody, and to nobody else than who asks', async () => {
    const origin = originOf(await stage.platform({ dashboard: {} }));
    expect(await said(origin, '/livez')).toEqual([200, 'alive\n']);
    expect(await said(origin, '/readyz')).toEqual([200, 'ready\n']);
    const { headers } = await fetch(`${origin}/readyz`);
    expect(headers.get('cache-control')).toBe('no-store');
    expect((await fetch(`${origin}/livez`, { method: 'HEAD' })).status).toBe(200);
  });

  it.runIf(postgresAvailable())(
    'says that it is not ready while the database is away, and that it lives all the same',
    { timeout: 90_000 },
    async () => {
      const server = await PostgresServer.start({ fsync: false });
      servers.push(server);
      const options = {
        database: await server.createDatabase(),
        dashboard: { publicMetrics: true, token: TOKEN },
      };
      const origin = originOf(await stage.platform({ ...options, dataDir: await stage.folder() }));
      expect(await said(origin, '/readyz')).toEqual([200, 'ready\n']);
      await server.freeze();
      await until(async () => (await said(origin, '/readyz'))[0] === 503, 15_000);
      const begunAt = performance.now();
      expect(await said(origin, '/readyz')).toEqual([503, 'not ready: the database does not answer\n']);
      expect(await said(origin, '/livez')).toEqual([200, 'alive\n']);
      const [status, metrics] = await said(origin, '/metrics');
      expect(performance.now() - begunAt).toBeLessThan(9_000);
      expect([status, /^iroh_platform_database_up (\d)$/m.exec(metrics)?.[1]]).toEqual([200, '0']);
      // What nobody knows now is left out.
      expect(metrics).not.toMatch(/^iroh_platform_identities(?:_taken)? /m);
      expect(metrics).toMatch(/^iroh_platform_sessions 0$/m);
      server.thaw();
      await until(async () => (await said(origin, '/readyz'))[0] === 200, 30_000);
    },
  );
});
