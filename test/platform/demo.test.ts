import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Program, type Run } from '../cli/program.js';
import { until } from '../support/fake-time.js';

let program: Program;
let run: Run;
beforeAll(async () => {
  program = await Program.build('platform/cli/main.ts');
});
afterAll(() => program.remove());
afterEach(async () => {
  run.process.kill('SIGKILL');
  await run.ended;
});

describe('demo', () => {
  it('has a button that works, in one process, and ends at once on Ctrl-C', async () => {
    // Whatever the user's own app has in its environment.
    const env = { IROH_SERVICES_API_SECRET: 'broken', NET_DIAGNOSTICS_ENABLED: 'false' };
    run = program.start(['demo'], { env });
    const [, address = ''] = await run.until(/^Dashboard {2}(\S+)$/m);
    const url = new URL(address);
    const headers = { origin: url.origin, 'content-type': 'application/json' };
    const call = async (path: string, method = 'GET') => {
      const answer = await fetch(new URL(path, url), {
        method,
        headers,
        ...(method === 'GET' ? {} : { body: '{}' }),
      });
      return {
        status: answer.status,
        body: (await answer.json()) as {
          items: { id: string; name: string }[];
          reports: { items: unknown[] };
        },
      };
    };
    const [endpoint] = (await call('/api/v1/projects/default/endpoints')).body.items;
    expect(endpoint?.name).toBe('demo-app');
    expect((await call(`/api/v1/projects/default/endpoints/${endpoint?.id}/runs`, 'POST')).status).toBe(202);
    await until(
      async () =>
        (await call(`/api/v1/projects/default/endpoints/${endpoint?.id}`)).body.reports.items.length === 1,
    );
    const startedAt = performance.now();
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
