import request from 'supertest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsService } from '../../integrations/nest/index.js';
import { Stage } from '../net-diagnostics/stage.js';
import { closeApps, createApp, PLATFORMS } from './nest-app.js';

const stage = new Stage();
const saved = { ...process.env };
beforeEach(() => {
  process.env.NET_DIAGNOSTICS_NETWORK = 'minimal';
  process.env.NET_DIAGNOSTICS_BIND = 'loopback';
});
afterEach(async () => {
  await closeApps();
  await stage.clear();
  process.env = { ...saved };
});

describe.each(PLATFORMS)('the sample on %s', (platform) => {
  it('shows its state, and the page', async () => {
    const { apiSecret } = await stage.platform();
    process.env.IROH_SERVICES_API_SECRET = apiSecret.reveal();
    const { AppModule } = await import('../../samples/nest/app.module.js');
    const app = await createApp(platform, { imports: [AppModule] });
    await app.listen(0, '127.0.0.1');
    await app.get(NetDiagnosticsService).ready({ timeoutMs: 10_000 });
    const url = await app.getUrl();
    const { body } = await request(url).get('/');
    expect(body).toMatchObject({ state: 'online', grant: { state: 'granted' } });
    expect((await request(url).get('/net-diagnostics/')).type).toBe('text/html');
  });
});
