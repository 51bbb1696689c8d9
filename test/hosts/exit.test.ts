import { afterEach, describe, expect, it } from 'vitest';
import { Stage } from '../net-diagnostics/stage.js';
import { runChild } from '../support/child.js';

const stage = new Stage();
afterEach(() => stage.clear());

const OPTIONS = `{
  network: 'minimal', bindAddrs: ['loopback'], probes: ['route', 'endpoint', 'https', 'captive-portal'],
  apiSecret: process.env.SECRET, http: { access: 'loopback' },
}`;

/** Asks for the page and for a run, and goes on while the run lasts. */
const USE = `async function use(url) {
  console.log('page', (await fetch(url + '/net-diagnostics/')).status);
  fetch(url + '/net-diagnostics/report', { method: 'POST', headers: { accept: 'text/event-stream' } }).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50));
}`;

const APPS = {
  Express: `import { createServer } from 'node:http';
    import express from 'express';
    import { netDiagnostics } from './integrations/express/index.js';
    ${USE}
    const app = express();
    const server = createServer(app);
    app.use('/net-diagnostics', netDiagnostics({ ...${OPTIONS}, server }));
    server.listen(0, '127.0.0.1', async () => {
      await use('http://127.0.0.1:' + server.address().port);
      server.close();
    });`,
  Fastify: `import { fastify } from 'fastify';
    import { netDiagnostics } from './integrations/fastify/index.js';
    ${USE}
    const app = fastify();
    app.register(netDiagnostics, ${OPTIONS});
    app.listen({ port: 0, host: '127.0.0.1' }).then(async (url) => {
      await use(url);
      await app.close();
    });`,
  Nest: `import 'reflect-metadata';
    import { Module } from '@nestjs/common';
    import { NestFactory } from '@nestjs/core';
    import { NetDiagnosticsModule } from './integrations/nest/index.js';
    ${USE}
    class AppModule {}
    Module({ imports: [NetDiagnosticsModule.forRoot(${OPTIONS})] })(AppModule);
    NestFactory.create(AppModule, { logger: false }).then(async (app) => {
      await app.listen(0, '127.0.0.1');
      await use(await app.getUrl());
      await app.close();
    });`,
};

describe('a process whose app was closed while a run was watched and its platform away', () => {
  it.each(Object.entries(APPS))('ends by itself: %s', async (_, source) => {
    const { apiSecret } = await stage.absentPlatform();
    const secret = apiSecret.reveal();
    const child = await runChild(source, { env: { SECRET: secret }, timeoutMs: 15_000 });
    expect(child).toMatchObject({ code: 0, signal: null });
    expect(child.stdout).toContain('page 200');
    expect(child.stdout + child.stderr).not.toContain(secret.slice(8, 40));
  });
});
