import { afterEach, describe, expect, it } from 'vitest';
import { Stage } from '../net-diagnostics/stage.js';
import { runChild } from '../support/child.js';

const stage = new Stage();
afterEach(() => stage.clear());

/** A user's own file of tests, for Node's own runner. What it leaves behind shows in when its process ends. */
const file = (rest: string) => `import { after, before, test } from 'node:test';
  import { NetDiagnostics } from './lib/index.js';
  import { TestPlatform } from './lib/testing/index.js';
  let endedAt = 0;
  process.on('exit', () => console.log('late by', Math.round(performance.now() - endedAt)));
  ${rest}`;

/** Milliseconds from the end of the last test to the end of the process. */
async function lateness(source: string): Promise<number> {
  const child = await runChild(source, { timeoutMs: 25_000 });
  expect(child).toMatchObject({ code: 0, signal: null });
  return Number(/late by (\d+)/.exec(child.stdout)?.[1]);
}

/** A user's app and a test of it by supertest, without any `stop()`. */
const SUPERTEST = {
  Express: `import express from 'express';
    import { netDiagnostics } from './integrations/express/index.js';
    const app = express();
    app.use('/net-diagnostics', netDiagnostics(options));
    app.get('/', (_request, response) => { response.json({}); });
    const server = app;`,
  Fastify: `import { fastify } from 'fastify';
    import { netDiagnostics } from './integrations/fastify/index.js';
    const app = fastify();
    await app.register(netDiagnostics, options);
    app.get('/', () => ({}));
    await app.ready();
    const { server } = app;`,
  Nest: `import 'reflect-metadata';
    import { Controller, Get, Module } from '@nestjs/common';
    import { NestFactory } from '@nestjs/core';
    import { NetDiagnosticsModule } from './integrations/nest/index.js';
    class Own { page() { return {}; } }
    Get()(Own.prototype, 'page', Object.getOwnPropertyDescriptor(Own.prototype, 'page') ?? {});
    Controller()(Own);
    class AppModule {}
    Module({ imports: [NetDiagnosticsModule.forRoot(options)], controllers: [Own] })(AppModule);
    const app = await NestFactory.create(AppModule, { logger: false });
    await app.init();
    const server = app.getHttpServer();`,
};

describe('a process of users’ tests ends with its tests', () => {
  it('two apps in turn against one TestPlatform', async () => {
    // Again and again: whether the process hung was a matter of which packet came first.
    const late = await lateness(
      file(`for (let round = 0; round < 8; round += 1) {
        let platform: TestPlatform;
        test('the platform starts', async () => { platform = await TestPlatform.start(); });
        for (const name of ['first', 'second']) {
          test(name, async () => {
            const app = NetDiagnostics.start(platform.options({ logger: false, name }));
            await platform.granted({ app });
            await app.stop();
          });
        }
        test('the platform stops', async () => { await platform.stop(); endedAt = performance.now(); });
      }`),
    );
    expect(late).toBeLessThan(1_500);
  });

  it.each(Object.entries(SUPERTEST))('supertest, and nobody stops the app: %s', async (_, app) => {
    const platform = await stage.platform();
    const late = await lateness(`import { test } from 'node:test';
      import request from 'supertest';
      const options = {
        network: 'minimal' as const, bindAddrs: ['loopback'], probes: ['route' as const], logger: false as const, metrics: 0,
        apiSecret: ${JSON.stringify(platform.apiSecret.reveal())},
      };
      let endedAt = 0;
      process.on('exit', () => console.log('late by', Math.round(performance.now() - endedAt)));
      ${app}
      test('it serves, now and later', async () => {
        await request(server).get('/').expect(200);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        await request(server).get('/').expect(200);
        endedAt = performance.now();
      });`);
    expect(platform.grants).toHaveLength(1);
    expect(late).toBeLessThan(3_000);
  });
});
