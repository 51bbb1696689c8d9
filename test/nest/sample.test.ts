import request from 'supertest';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { NetDiagnosticsService } from '../../integrations/nest/index.js';
import { TestPlatform } from '../../lib/testing/index.js';
import { closeApps, createApp, PLATFORMS } from './nest-app.js';

const saved = { ...process.env };
let irohServices: TestPlatform;
beforeAll(async () => {
  irohServices = await TestPlatform.start();
  Object.assign(process.env, irohServices.env);
});
afterEach(closeApps);
afterAll(async () => {
  await irohServices.stop();
  process.env = saved;
});

describe.each(PLATFORMS)('the sample on %s', (platform) => {
  it('shows its state, and the page', async () => {
    const { AppModule } = await import('../../samples/nest/app.module.js');
    const app = await createApp(platform, { imports: [AppModule] });
    await app.listen(0, '127.0.0.1');
    const diagnostics = app.get(NetDiagnosticsService);
    const { endpointId } = await irohServices.granted({ app: diagnostics });
    // The platform has the grant before its answer has reached the app.
    await diagnostics.ready({ timeoutMs: 5_000 });
    const url = await app.getUrl();
    const { body } = await request(url).get('/');
    expect(body).toEqual({ state: 'online', reason: null, grant: 'granted' });
    expect((await request(url).get('/net-diagnostics/')).type).toBe('text/html');
    expect((await irohServices.dialBack({ app: diagnostics })).endpointId).toBe(endpointId);
  });
});
