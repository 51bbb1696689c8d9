import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import express from 'express';
import request from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type NetDiagnosticsExpressOptions, netDiagnostics } from '../../integrations/express/index.js';
import { CLIENT_HOST_ALPN, NetDiagnostics } from '../../lib/index.js';
import { LOCAL, Stage } from '../net-diagnostics/stage.js';
import { until } from '../support/fake-time.js';
import { OPEN } from './behaviours/apps.js';

const stage = new Stage();
afterEach(() => stage.clear());

describe('the handle of the Express middleware', () => {
  it('throws at creation for a malformed setting', () => {
    const typo = { apiSecrt: 'x' } as NetDiagnosticsExpressOptions;
    expect(() => netDiagnostics(typo)).toThrow(/`apiSecrt`.*`apiSecret`/);
    const port = { server: 3000 } as unknown as NetDiagnosticsExpressOptions;
    expect(() => netDiagnostics(port)).toThrow('`server` of netDiagnostics() was 3000; it must be an http');
  });

  it('works from its creation on: ready, status, run, lastReport, stop', async () => {
    const { apiSecret } = await stage.platform();
    const handle = netDiagnostics({ ...LOCAL, logger: false, apiSecret });
    expect(await handle.ready({ timeoutMs: 10_000 })).toMatchObject({ state: 'online' });
    expect(handle.lastReport()).toBeNull();
    const report = await handle.run();
    expect(handle.lastReport()).toEqual(report);
    expect(handle.diagnostics).toBeInstanceOf(NetDiagnostics);
    expect(() => handle.diagnostics.handle(CLIENT_HOST_ALPN, async () => {})).toThrow(/has a handler/);
    await handle.stop();
    await handle.stop();
    expect(handle.status().state).toBe('stopped');
  });

  it('stops with the server that was handed over, not with one that a test opens beside it', async () => {
    const app = express();
    const server = createServer(app);
    const handle = netDiagnostics({ ...OPEN, server });
    app.use('/diagnostics', handle);
    // Supertest opens and closes a server of its own.
    expect((await request(app).get('/diagnostics/status')).status).toBe(200);
    expect(handle.status().state).toBe('disabled');
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    await new Promise((resolve) => server.close(resolve));
    await handle.stop();
    expect(handle.status().state).toBe('stopped');
  });

  it('says that it has stopped when it is asked after that', async () => {
    const app = express();
    const handle = netDiagnostics(OPEN);
    app.use('/diagnostics', handle);
    await handle.stop();
    expect((await request(app).get('/diagnostics/status')).body.state).toBe('stopped');
    expect((await request(app).post('/diagnostics/report')).status).toBe(503);
  });

  it('keeps no timer for a client that had left while the middleware before it was busy', async () => {
    const handle = netDiagnostics(OPEN);
    let asked = 0;
    const server = handle.stopWith(
      createServer((incoming, response) => {
        asked += 1;
        response.once('close', () => setImmediate(() => handle(incoming, response, () => {})));
      }),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const intervals = vi.spyOn(globalThis, 'setInterval');
    const ended = vi.spyOn(globalThis, 'clearInterval');
    for (let count = 1; count <= 20; count += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await until(() => asked === count);
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = intervals.mock.results.map(({ value }) => value);
    const kept = new Set(began.filter((_, index) => intervals.mock.calls[index]?.[1] === 100));
    for (const [timer] of ended.mock.calls) kept.delete(timer as NodeJS.Timeout);
    expect(kept.size).toBe(0);
    vi.restoreAllMocks();
    await new Promise((resolve) => server.close(resolve));
    await handle.stop();
  });

  it('is a plain function, for servers without a framework too', async () => {
    const handle = netDiagnostics(OPEN);
    const listener: RequestListener = (asked, response) =>
      handle(asked, response, () => response.writeHead(404).end('nothing here'));
    const server = handle.stopWith(createServer(listener));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await request(url).get('/status')).body).toMatchObject({ state: 'disabled' });
    expect((await request(url).get('/else')).text).toBe('nothing here');
    await new Promise((resolve) => server.close(resolve));
  });
});
