import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import request from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  NET_DIAGNOSTICS,
  NetDiagnosticsModule,
  type NetDiagnosticsOptionsFactory,
  NetDiagnosticsService,
} from '../../integrations/nest/index.js';
import { ApiSecret } from '../../lib/core.js';
import type { NetDiagnosticsOptions } from '../../lib/index.js';
import { TestPlatform } from '../../lib/testing/index.js';
import { LOCAL, Stage } from '../net-diagnostics/stage.js';
import { until } from '../support/fake-time.js';
import { closeApps, createApp, Lines, PLATFORMS } from './nest-app.js';

const stage = new Stage();
let irohServices: TestPlatform;
let secret: string;
let saved: [string, string | undefined][];
beforeAll(async () => {
  irohServices = await TestPlatform.start();
  secret = irohServices.env.IROH_SERVICES_API_SECRET ?? '';
});
afterAll(() => irohServices.stop());
beforeEach(() => {
  const variables = [...Object.keys(irohServices.env), 'NET_DIAGNOSTICS_REQUIRED'];
  saved = variables.map((name) => [name, process.env[name]]);
  for (const name of variables) delete process.env[name];
});
afterEach(async () => {
  await closeApps();
  await stage.clear();
  for (const [name, value] of saved) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

@Controller()
class StatusController {
  constructor(private readonly diagnostics: NetDiagnosticsService) {}

  @Get()
  status() {
    return this.diagnostics.status();
  }
}

describe.each(PLATFORMS)('NetDiagnosticsModule on %s', (platform) => {
  it('forRoot({…}): boots, serves the app and the dial-back, and stops with the app', async () => {
    const lines = new Lines();
    const options = irohServices.options({ name: 'nest' });
    const app = await createApp(
      platform,
      { imports: [NetDiagnosticsModule.forRoot(options)], controllers: [StatusController] },
      lines,
    );
    const diagnostics = app.get(NetDiagnosticsService);
    expect(diagnostics.status().state).toBe('starting');
    await app.listen(0, '127.0.0.1');
    await diagnostics.ready({ timeoutMs: 10_000 });

    const answer = await request(await app.getUrl()).get('/');
    expect(answer.body).toMatchObject({ state: 'online', name: 'nest', grant: { state: 'granted' } });
    expect(answer.text).not.toContain(secret.slice(8, 40));
    const report = await irohServices.dialBack({ app: diagnostics, name: 'nest' });
    expect(report.endpointId).toBe(diagnostics.status().endpointId);
    await until(() => lines.ours.length === 3);

    await app.close();
    expect(diagnostics.status().state).toBe('stopped');
    expect(lines.ours).toEqual([
      expect.stringMatching(/^log .*connected to the platform/),
      expect.stringMatching(/^log .*may run diagnostics/),
      expect.stringMatching(/^log .*answered a dial-back/),
    ]);
  });

  it('forRoot(): everything from the environment', async () => {
    Object.assign(process.env, irohServices.env);
    const app = await createApp(platform, { imports: [NetDiagnosticsModule.forRoot()] });
    await app.init();
    const diagnostics = app.get(NetDiagnosticsService);
    expect((await diagnostics.ready({ timeoutMs: 10_000 })).state).toBe('online');
    await irohServices.dialBack({ app: diagnostics });
  });

  it('forRoot() without a secret: disabled, one log line, the app works', async () => {
    const lines = new Lines();
    const app = await createApp(
      platform,
      { imports: [NetDiagnosticsModule.forRoot()], controllers: [StatusController] },
      lines,
    );
    await app.listen(0, '127.0.0.1');
    const { body } = await request(await app.getUrl()).get('/');
    expect(body).toMatchObject({ state: 'disabled', reason: 'no-secret', endpointId: null });
    expect(lines.ours).toEqual([expect.stringMatching(/^log .*no API secret/)]);
  });

  it('boots at once with a platform that is not there, and closes', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const startedAt = performance.now();
    const app = await createApp(platform, {
      imports: [NetDiagnosticsModule.forRoot({ ...LOCAL, apiSecret, logger: false })],
    });
    await app.listen(0, '127.0.0.1');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    await until(() => app.get(NetDiagnosticsService).status().state === 'connecting');
    const closingAt = performance.now();
    await app.close();
    expect(performance.now() - closingAt).toBeLessThan(5_500);
  });

  it('is stopped once by an app that is closed twice, at the same time and later', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const options = { ...LOCAL, apiSecret, logger: false } as const;
    const app = await createApp(platform, { imports: [NetDiagnosticsModule.forRoot(options)] });
    const service = app.get(NetDiagnosticsService);
    const states: string[] = [];
    service.events$.subscribe((event) => {
      if (event.type === 'state') states.push(event.status.state);
    });
    await app.init();
    await Promise.all([app.close(), app.close()]);
    await app.close();
    expect(service.status().state).toBe('stopped');
    expect(states.filter((state) => state === 'stopped')).toHaveLength(1);
  });

  it('forRootAsync with the ConfigService', async () => {
    const app = await createApp(platform, {
      imports: [
        NetDiagnosticsModule.forRootAsync({
          imports: [ConfigModule.forRoot({ ignoreEnvFile: true, load: [() => ({ secret })] })],
          inject: [ConfigService],
          useFactory: async (config: ConfigService): Promise<NetDiagnosticsOptions> => ({
            ...LOCAL,
            apiSecret: config.get<string>('secret'),
          }),
        }),
      ],
    });
    await app.init();
    const diagnostics = app.get(NetDiagnosticsService);
    const status = await diagnostics.ready({ timeoutMs: 10_000 });
    expect(status).toMatchObject({ state: 'online', platform: { id: ApiSecret.parse(secret).platform.id } });
    await irohServices.dialBack({ app: diagnostics });
  });
});

describe('NetDiagnosticsModule', () => {
  it('throws at registration for a malformed secret, names the setting, and does not show it', () => {
    for (const from of ['option', 'variable']) {
      if (from === 'variable') process.env.IROH_SERVICES_API_SECRET = 'services1nonsense';
      const register = () =>
        NetDiagnosticsModule.forRoot(from === 'option' ? { apiSecret: 'services1nonsense' } : {});
      expect(register).toThrow(expect.objectContaining({ code: 'ERR_SETTING' }));
      expect(register).toThrow(/apiSecret.*IROH_SERVICES_API_SECRET|IROH_SERVICES_API_SECRET.*apiSecret/);
      expect(register).not.toThrow(/services1nonsense/);
    }
  });

  it('throws at registration for an unknown option', () => {
    const typo = { apiSecrt: 'x' } as NetDiagnosticsOptions;
    expect(() => NetDiagnosticsModule.forRoot(typo)).toThrow(/`apiSecrt`.*`apiSecret`/);
  });

  it('fails the boot for what a factory got wrong, and for a required secret that is missing', async () => {
    const wrong = NetDiagnosticsModule.forRootAsync({ useFactory: () => ({ apiSecret: 'nonsense' }) });
    await expect(createApp('express', { imports: [wrong] })).rejects.toMatchObject({ code: 'ERR_SETTING' });
    const missing = NetDiagnosticsModule.forRoot({ required: true });
    await expect(createApp('express', { imports: [missing] })).rejects.toThrow(/`apiSecret`.*is missing/);
  });

  it('reads a variable that the ConfigModule sets, whichever is registered first', async () => {
    const { apiSecret } = await stage.absentPlatform();
    process.env.NET_DIAGNOSTICS_REQUIRED = 'true';
    const registered = NetDiagnosticsModule.forRoot({ ...LOCAL, logger: false });
    process.env.IROH_SERVICES_API_SECRET = apiSecret.reveal();
    const app = await createApp('express', { imports: [registered] });
    expect(app.get(NetDiagnosticsService).status().state).toBe('starting');
  });

  it('takes a class, its own or one there is already', async () => {
    @Injectable()
    class Options implements NetDiagnosticsOptionsFactory {
      createNetDiagnosticsOptions(): NetDiagnosticsOptions {
        return { enabled: false };
      }
    }
    @Module({ providers: [Options], exports: [Options] })
    class OptionsModule {}
    const ways = [
      NetDiagnosticsModule.forRootAsync({ useClass: Options }),
      NetDiagnosticsModule.forRootAsync({ imports: [OptionsModule], useExisting: Options }),
    ];
    for (const way of ways) {
      const app = await createApp('express', { imports: [way] });
      await app.init();
      expect(app.get(NetDiagnosticsService).status().reason).toBe('switched-off');
    }
  });

  it('is there for other modules when it is global, and by a symbol that all copies share', async () => {
    @Injectable()
    class User {
      constructor(readonly diagnostics: NetDiagnosticsService) {}
    }
    @Module({ providers: [User], exports: [User] })
    class UserModule {}
    const globally = NetDiagnosticsModule.forRoot({ enabled: false, isGlobal: true });
    const app = await createApp('express', { imports: [globally, UserModule] });
    expect(app.get(User).diagnostics).toBe(app.get(Symbol.for('iroh-net-diagnostics:service')));
    expect(app.get(User).diagnostics).toBe(app.get(NET_DIAGNOSTICS));
    const locally = NetDiagnosticsModule.forRoot({ enabled: false });
    await expect(createApp('express', { imports: [locally, UserModule] })).rejects.toThrow(
      /resolve dependencies/,
    );
  });

  it('opens nothing in an app whose boot fails', async () => {
    const tiny = await stage.platform();
    class Broken {
      onModuleInit() {
        throw new Error('no database');
      }
    }
    const app = await createApp('express', {
      imports: [NetDiagnosticsModule.forRoot({ ...LOCAL, apiSecret: tiny.apiSecret })],
      providers: [Broken],
    });
    await expect(app.init()).rejects.toThrow('no database');
    expect(app.get(NetDiagnosticsService).status()).toMatchObject({ state: 'starting', endpointId: null });
    await app.close();
    expect(app.get(NetDiagnosticsService).status().state).toBe('stopped');
    expect(tiny.connections).toHaveLength(0);
  });
});
