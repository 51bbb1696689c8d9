import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import {
  NetDiagnosticsHealthIndicator,
  type NetDiagnosticsHealthOptions,
  NetDiagnosticsModule,
} from '../../integrations/nest/index.js';
import type { NetDiagnosticsOptions } from '../../lib/index.js';
import { LOCAL, Stage } from '../net-diagnostics/stage.js';
import { until } from '../support/fake-time.js';
import { closeApps, createApp, PLATFORMS } from './nest-app.js';

/** Terminus 12 has it. */
const HAS_DEGRADED = 'degraded' in new HealthIndicatorService().check('x');

const stage = new Stage();
afterEach(async () => {
  await closeApps();
  await stage.clear();
});

describe.each(PLATFORMS)('the health indicator on %s', (platform) => {
  async function health(options: NetDiagnosticsOptions, how?: NetDiagnosticsHealthOptions) {
    @Controller('health')
    class HealthController {
      constructor(
        private readonly health: HealthCheckService,
        private readonly netDiagnostics: NetDiagnosticsHealthIndicator,
      ) {}

      @Get()
      @HealthCheck()
      check() {
        return this.health.check([() => this.netDiagnostics.check('iroh', how)]);
      }
    }
    @Module({
      imports: [
        TerminusModule.forRoot({ logger: false }),
        NetDiagnosticsModule.forRoot({ ...LOCAL, logger: false, ...options }),
      ],
      controllers: [HealthController],
    })
    class HealthModule {}
    const app = await createApp(platform, { imports: [HealthModule] });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    return async () => {
      const { status, body } = await request(url).get('/health');
      return { status, overall: body.status, iroh: body.details.iroh };
    };
  }

  it('is up while there is no secret: that is on purpose', async () => {
    const check = await health({ apiSecret: null });
    expect(await check()).toMatchObject({
      status: 200,
      overall: 'ok',
      iroh: { status: 'up', state: 'disabled', reason: 'no-secret' },
    });
  });

  it('is up with details once the button works', async () => {
    const { apiSecret } = await stage.platform();
    const check = await health({ apiSecret });
    await until(async () => (await check()).iroh.grant === 'granted');
    const { iroh } = await check();
    expect(iroh).toMatchObject({ status: 'up', state: 'online', lastError: null });
    expect(JSON.stringify(iroh)).not.toMatch(/[0-9a-f]{64}|127\.0\.0\.1/);
  });

  it('is degraded, never down, while the platform is away', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const check = await health({ apiSecret });
    const [overall, status] = HAS_DEGRADED ? ['degraded', 'degraded'] : ['ok', 'up'];
    expect(await check()).toMatchObject({ status: 200, overall, iroh: { status } });
  });

  it('is down where the app wants that', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const check = await health({ apiSecret }, { whenImpaired: 'down' });
    expect(await check()).toMatchObject({ status: 503, overall: 'error', iroh: { status: 'down' } });
  });

  it('works without terminus, and for another instance', async () => {
    const app = await createApp(platform, {
      imports: [NetDiagnosticsModule.forRoot({ enabled: false })],
    });
    const indicator = app.get(NetDiagnosticsHealthIndicator);
    const service = {
      status: () => ({
        ...app.get(Symbol.for('iroh-net-diagnostics:service')).status(),
        state: 'unauthorized',
      }),
    };
    expect(indicator.check('other', { service })).toMatchObject({
      other: { status: 'up', state: 'unauthorized' },
    });
  });
});
