import 'reflect-metadata';
import {
  Body,
  Controller,
  type DynamicModule,
  type ExecutionContext,
  Get,
  type INestApplication,
  Post,
  type Type,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import nestPackage from '@nestjs/core/package.json' with { type: 'json' };
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import compression from 'compression';
import helmet from 'helmet';
import {
  getNetDiagnosticsToken,
  NetDiagnosticsModule,
  type NetDiagnosticsService,
} from '../../integrations/nest/index.js';
import { BADGE, type Host, OWN_PAGE, SLOW_MS, SLOW_PAGE, type Surroundings } from './host.js';

/** The major one. */
export const [NEST_VERSION = ''] = nestPackage.version.split('.');

@Controller()
class OwnController {
  @Get()
  page(): object {
    return OWN_PAGE;
  }

  @Get('slow')
  async slow(): Promise<object> {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return SLOW_PAGE;
  }

  @Post('echo')
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

const badgeGuard = {
  canActivate: (context: ExecutionContext) =>
    context.switchToHttp().getRequest().headers[BADGE.name] === BADGE.value,
};

/** In the version of Nest that the aliases of the test project choose. */
export function nestHost(platform: 'Express' | 'Fastify'): Host {
  return {
    name: `Nest ${NEST_VERSION} on ${platform}`,
    hasHttp2: platform === 'Fastify',
    closedStatus: 404,
    // Its own, which stand before everything.
    parserPlaces: ['before'],
    refusesUnknownBodies: platform === 'Fastify',
    async boot(mounts, has = {}) {
      class AppModule {}
      const root: DynamicModule = {
        module: AppModule,
        imports: mounts.map(({ path, options }, index) =>
          NetDiagnosticsModule.forRoot({
            ...options,
            ...(options.http ? { http: { ...options.http, path } } : {}),
            instance: instanceOf(index),
          }),
        ),
        controllers: [OwnController],
        providers: has.guarded ? [{ provide: APP_GUARD, useValue: badgeGuard }] : [],
      };
      const app: INestApplication = await NestFactory.create(
        root as unknown as Type,
        platform === 'Express' ? expressAdapter(has) : fastifyAdapter(has),
        { logger: false, abortOnError: false },
      );
      if (has.helmet) app.use(helmet());
      if (has.compression) app.use(compression({ threshold: 0 }));
      await app.listen(0, '127.0.0.1');
      return {
        url: (await app.getUrl()).replace('[::1]', '127.0.0.1'),
        diagnostics: mounts.map((_, index) =>
          app.get<NetDiagnosticsService>(getNetDiagnosticsToken(instanceOf(index))),
        ),
        close: () => app.close(),
      };
    },
  };
}

function instanceOf(index: number): string | undefined {
  return index === 0 ? undefined : `instance-${index}`;
}

function expressAdapter({ trustProxy }: Surroundings): ExpressAdapter {
  const adapter = new ExpressAdapter();
  if (trustProxy) adapter.set('trust proxy', true);
  return adapter;
}

function fastifyAdapter({ trustProxy = false, http2 = false }: Surroundings): FastifyAdapter {
  return new FastifyAdapter(http2 ? ({ trustProxy, http2: true } as never) : { trustProxy });
}
