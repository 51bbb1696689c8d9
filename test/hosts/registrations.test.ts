import { createRequire } from 'node:module';
import express from 'express';
import { fastify } from 'fastify';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { type NetDiagnosticsMiddleware, netDiagnostics } from '../../integrations/express/index.js';
import { netDiagnostics as plugin } from '../../integrations/fastify/index.js';
import { NetDiagnosticsModule } from '../../integrations/nest/index.js';
import { NetDiagnostics } from '../../lib/index.js';
import { closeApps, createApp, Lines, PLATFORMS } from '../nest/nest-app.js';
import { LOCAL, Memory, Stage } from '../net-diagnostics/stage.js';
import { OPEN } from './behaviours/apps.js';

const stage = new Stage();
const handles: NetDiagnosticsMiddleware[] = [];
afterEach(async () => {
  await Promise.all(handles.splice(0).map((handle) => handle.stop()));
  await closeApps();
  await stage.clear();
});

const TWICE = /registered twice/;

describe('two registrations with one API secret and one name in a process', () => {
  it('are told to the log, once, whatever the host', async () => {
    const { apiSecret } = await stage.absentPlatform();
    const logger = new Memory();
    const [first, second] = [1, 2].map(() => stage.start({ apiSecret, logger }));
    const warnings = () => logger.lines.filter((line) => TWICE.test(line));
    expect(warnings()).toEqual([
      expect.stringMatching(/^warn: .*without a name.*"event":"registered-twice"/),
    ]);
    await Promise.all([first?.stop(), second?.stop()]);
    // A restart in one process, as tests and HMR make it, is none.
    stage.start({ apiSecret, logger });
    expect(warnings()).toHaveLength(1);
  });

  it('are none when they differ in the secret or the name, or have no secret', async () => {
    const [{ apiSecret }, other] = [await stage.absentPlatform(), await stage.absentPlatform()];
    const logger = new Memory();
    stage.start({ apiSecret, name: 'core', logger });
    stage.start({ apiSecret, name: 'edge', logger });
    stage.start({ apiSecret: other.apiSecret, name: 'core', logger });
    for (let count = 0; count < 2; count++) stage.start({ apiSecret: null, logger });
    expect(logger.lines.filter((line) => TWICE.test(line))).toEqual([]);
  });
});

describe('two instances on one path', () => {
  it.each([
    ['Express 5', express],
    ['Express 4', createRequire(import.meta.url)('express4') as typeof express],
  ])('of %s are told to the log, once', async (_version, create) => {
    const logger = new Memory();
    const app = create();
    for (const path of ['/one', '/two', '/one']) {
      const handle = netDiagnostics({ ...OPEN, logger });
      handles.push(handle);
      app.use(path, handle);
    }
    for (const path of ['/one', '/two', '/one']) {
      expect((await request(app).get(`${path}/status`)).status).toBe(200);
    }
    expect(logger.lines.filter((line) => /path-taken/.test(line))).toEqual([
      expect.stringMatching(/^warn: .*\/one/),
    ]);
  });

  it.each(PLATFORMS)('of Nest on %s are told to the log, once', async (platform) => {
    const lines = new Lines();
    const http = { path: '/here', access: 'loopback' } as const;
    const other = { path: '/there', access: 'loopback' } as const;
    const imports = [
      NetDiagnosticsModule.forRoot({ apiSecret: null, http }),
      NetDiagnosticsModule.forRoot({ apiSecret: null, http, instance: 'edge' }),
      NetDiagnosticsModule.forRoot({ apiSecret: null, http: other, instance: 'third' }),
    ];
    const app = await createApp(platform, { imports }, lines);
    await app.init();
    expect(lines.all.filter((line) => /\/here.*another instance/.test(line))).toEqual([
      expect.stringMatching(/^warn \[NetDiagnostics:edge\] /),
    ]);
    expect(lines.all.filter((line) => /\/there.*another instance/.test(line))).toEqual([]);
  });

  it('of Nest without names are told, also where both are closed', async () => {
    const lines = new Lines();
    const imports = [1, 2].map(() => NetDiagnosticsModule.forRoot({ apiSecret: null }));
    const app = await createApp('express', { imports }, lines);
    await app.init();
    expect(lines.all.filter((line) => /forRoot.*twice/.test(line))).toEqual([
      expect.stringMatching(/^warn .*`instance`/),
    ]);
  });

  it('of Fastify are an error that says what to give the second', async () => {
    const app = fastify();
    await app.register(plugin, OPEN);
    await expect(async () => app.register(plugin, OPEN)).rejects.toThrow(/`decorator`.*`prefix`/);
    await app.close();
  });
});

describe('NetDiagnosticsModule without forRoot', () => {
  it('says so', async () => {
    await expect(createApp('express', { imports: [NetDiagnosticsModule] })).rejects.toThrow(
      /NetDiagnosticsModule\.forRoot\(\)/,
    );
  });
});

describe('a misspelt variable', () => {
  it('is told to the log, with the one that was meant', () => {
    const logger = new Memory();
    const env = {
      NET_DIAGNOSTICS_RELAY: 'https://relay.test',
      IROH_SERVICE_API_SECRET: 'x',
      NET_DIAGNOSTICS_NAME: 'web',
    };
    const app = NetDiagnostics.start({ ...LOCAL, logger }, env);
    expect(logger.lines.filter((line) => /unknown-variable/.test(line))).toEqual([
      expect.stringMatching(/^warn: .*NET_DIAGNOSTICS_RELAY is not known.*NET_DIAGNOSTICS_RELAYS/),
      expect.stringMatching(/^warn: .*IROH_SERVICE_API_SECRET is not known.*IROH_SERVICES_API_SECRET/),
    ]);
    return app.stop();
  });
});
