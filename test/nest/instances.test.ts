import { Injectable, Module } from '@nestjs/common';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import {
  getNetDiagnosticsToken,
  InjectNetDiagnostics,
  NetDiagnosticsModule,
  NetDiagnosticsService,
} from '../../integrations/nest/index.js';
import { closeApps, createApp, Lines, PLATFORMS } from './nest-app.js';

afterEach(closeApps);

const QUIET = { apiSecret: null, logger: false } as const;

describe.each(PLATFORMS)('several instances in a Nest app on %s', (platform) => {
  it('are injected by their names, the one without a name also by its type', async () => {
    @Injectable()
    class User {
      constructor(
        readonly plain: NetDiagnosticsService,
        @InjectNetDiagnostics() readonly same: NetDiagnosticsService,
        @InjectNetDiagnostics('edge') readonly edge: NetDiagnosticsService,
      ) {}
    }
    @Module({ imports: [NetDiagnosticsModule.forRoot({ ...QUIET, name: 'core' })], providers: [User] })
    class UserModule {}
    const edge = { instance: 'edge', isGlobal: true, useFactory: () => ({ ...QUIET, name: 'edge' }) };
    const app = await createApp(platform, { imports: [UserModule, NetDiagnosticsModule.forRootAsync(edge)] });
    await app.init();
    const user = app.get(User);
    expect(user.plain).toBe(user.same);
    expect([user.plain.status().name, user.edge.status().name]).toEqual(['core', 'edge']);
    expect(app.get(Symbol.for('iroh-net-diagnostics:service:edge'))).toBe(user.edge);
    await app.close();
    expect([user.plain.status().state, user.edge.status().state]).toEqual(['stopped', 'stopped']);
  });

  it('do not give a named one for the type', async () => {
    const named = NetDiagnosticsModule.forRoot({ ...QUIET, instance: 'edge' });
    const app = await createApp(platform, { imports: [named] });
    expect(() => app.get(NetDiagnosticsService)).toThrow();
    expect(app.get(getNetDiagnosticsToken('edge'))).toBeInstanceOf(NetDiagnosticsService);
  });

  it('have log lines with their names, and routes of their own', async () => {
    const lines = new Lines();
    const http = (path: string) => ({ http: { path, access: 'loopback' as const } });
    const app = await createApp(
      platform,
      {
        imports: [
          NetDiagnosticsModule.forRoot({ apiSecret: null, name: 'core', ...http('/core') }),
          NetDiagnosticsModule.forRootAsync({
            instance: 'edge',
            useFactory: () => ({ apiSecret: null, name: 'edge', ...http('/edge') }),
          }),
          // Closed ones mount nothing, so they cannot be in each other's way.
          NetDiagnosticsModule.forRootAsync({ instance: 'c', useFactory: () => QUIET }),
          NetDiagnosticsModule.forRootAsync({ instance: 'd', useFactory: () => QUIET }),
        ],
      },
      lines,
    );
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    expect((await request(url).get('/core/status')).body.name).toBe('core');
    expect((await request(url).get('/edge/status')).body.name).toBe('edge');
    expect((await request(url).get('/net-diagnostics/status')).status).toBe(404);
    expect(lines.all).toContainEqual(expect.stringMatching(/\[NetDiagnostics\] .*no API secret/));
    expect(lines.all).toContainEqual(expect.stringMatching(/\[NetDiagnostics:edge\] .*no API secret/));
  });
});
