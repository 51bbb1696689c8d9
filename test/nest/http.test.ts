import {
  type ArgumentsHost,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
  NotFoundException,
  RequestMethod,
  type Type,
  VersioningType,
} from '@nestjs/common';
import { APP_FILTER, APP_INTERCEPTOR, NestFactory, RouterModule } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { finalize } from 'rxjs';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { NetDiagnosticsModule, NetDiagnosticsService } from '../../integrations/nest/index.js';
import { closeApps, createApp, Lines, PLATFORMS } from './nest-app.js';

afterEach(closeApps);

const OPEN = { apiSecret: null, logger: false, http: { access: 'loopback' } } as const;
const imports = [NetDiagnosticsModule.forRoot(OPEN)];

async function listen(app: INestApplication): Promise<string> {
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

describe.each(PLATFORMS)('the routes of the Nest module on %s', (platform) => {
  it('are at /net-diagnostics when `http` says nothing else, and in the list of routes', async () => {
    const lines = new Lines();
    const url = await listen(await createApp(platform, { imports }, lines));
    expect((await request(url).get('/net-diagnostics/status')).status).toBe(200);
    expect(lines.all.filter((line) => line.includes('Mapped {/net-diagnostics'))).toHaveLength(2);
    expect(lines.all.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
  });

  it('are not there, nor in the list, without `http`', async () => {
    const lines = new Lines();
    const closed = NetDiagnosticsModule.forRoot({ apiSecret: null, logger: false });
    await listen(await createApp(platform, { imports: [closed] }, lines));
    expect(lines.all.filter((line) => line.includes('RoutesResolver'))).toEqual([]);
  });

  it('follow the global prefix, or are excluded from it', async () => {
    for (const [exclude, path] of [
      [[], '/api/net-diagnostics'],
      [['net-diagnostics{/*path}'], '/net-diagnostics'],
    ] as const) {
      const app = await createApp(platform, { imports });
      app.setGlobalPrefix('api', {
        exclude: exclude.map((one) => ({ path: one, method: RequestMethod.ALL })),
      });
      const url = await listen(app);
      expect([path, (await request(url).get(`${path}/status`)).status]).toEqual([path, 200]);
      const page = await request(url).get(path).redirects(1);
      expect([page.status, page.type]).toEqual([200, 'text/html']);
      await app.close();
    }
  });

  it.each([
    { type: VersioningType.URI, defaultVersion: '1' },
    { type: VersioningType.HEADER, header: 'x-version', defaultVersion: '1' },
  ] as const)('stay where they are in an app with versions: $type', async (versioning) => {
    const app = await createApp(platform, { imports });
    app.enableVersioning(versioning);
    expect((await request(await listen(app)).get('/net-diagnostics/status')).status).toBe(200);
  });

  it('move with RouterModule', async () => {
    const router = RouterModule.register([{ path: 'admin', module: NetDiagnosticsModule }]);
    const url = await listen(await createApp(platform, { imports: [...imports, router] }));
    expect((await request(url).get('/admin/net-diagnostics/status')).status).toBe(200);
  });

  it('are seen by the interceptors of the app from beginning to end, and by its filters', async () => {
    const seen: string[] = [];
    const interceptor: NestInterceptor = {
      intercept: (context: ExecutionContext, next: CallHandler) => {
        const { url } = context.switchToHttp().getRequest();
        return next.handle().pipe(finalize(() => seen.push(`${url} ended`)));
      },
    };
    const filter = {
      catch: (error: unknown, host: ArgumentsHost) => {
        seen.push(error instanceof NotFoundException ? error.message : String(error));
        host.switchToHttp().getResponse().status(404).send({ by: 'the filter' });
      },
    };
    const app = await createApp(platform, {
      imports,
      providers: [
        { provide: APP_INTERCEPTOR, useValue: interceptor },
        { provide: APP_FILTER, useValue: filter },
      ],
    });
    const url = await listen(app);
    await request(url).get('/net-diagnostics/status');
    expect(seen).toEqual(['/net-diagnostics/status ended']);
    expect((await request(url).get('/net-diagnostics/none?a=1')).body).toEqual({ by: 'the filter' });
    expect(seen).toContain('Cannot GET /net-diagnostics/none?a=1');
  });

  it('are opened by what a factory returns, at the path that it says', async () => {
    const useFactory = async () => ({ ...OPEN, http: { ...OPEN.http, path: '/from/factory' } });
    const app = await createApp(platform, { imports: [NetDiagnosticsModule.forRootAsync({ useFactory })] });
    expect((await request(await listen(app)).get('/from/factory/status')).status).toBe(200);
  });

  it("are in an app that a user's test builds, where the adapter comes after the providers", async () => {
    const testing = await Test.createTestingModule({ imports }).compile();
    const app = testing.createNestApplication(
      platform === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
    );
    expect((await request(await listen(app)).get('/net-diagnostics/status')).status).toBe(200);
    await app.close();
  });
});

it('an application context without a server needs no adapter', async () => {
  class AppModule {}
  const root = { module: AppModule, imports } as unknown as Type;
  const context = await NestFactory.createApplicationContext(root, { logger: false });
  expect(context.get(NetDiagnosticsService).status().state).toBe('disabled');
  await context.close();
});
