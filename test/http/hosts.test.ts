import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  type ClientHttp2Session,
  connect as connectHttp2,
  createServer as createHttp2Server,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import compression from 'compression';
import helmet from 'helmet';
import { afterEach, describe, expect, it } from 'vitest';
import { runChild } from '../support/child.js';
import { until } from '../support/fake-time.js';
import { kindOf, Stage } from './stage.js';

let stage: Stage;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await stage.close();
});

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** Puts middleware in front of the handler, as hosts do. */
async function behind(middleware: Middleware): Promise<void> {
  stage = await new Stage().open();
  const server = await stage.listen(
    createServer((request, response) =>
      middleware(request, response, () => stage.handler.handle(request, response)),
    ),
  );
  stage.port = (server.address() as AddressInfo).port;
}

describe('a host', () => {
  it('gets what is none of ours, untouched, also when the routes are closed', async () => {
    for (const http of [null, { access: 'loopback' }] as const) {
      stage = await new Stage().open({ http });
      const server = await stage.listen(
        createServer((request, response) => {
          stage.handler.handle(request, response, () => {
            expect(response.getHeaderNames()).toEqual([]);
            request.pipe(response);
          });
        }),
      );
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}/own/route`, { method: 'POST', body: 'its body' });
      expect(await answer.text()).toBe('its body');
      await stage.close();
    }
  });

  it.each([
    ['/net-diagnostics', '/', './net-diagnostics/'],
    ['/net-diagnostics?a=b', '/?a=b', './net-diagnostics/?a=b'],
    ['/a/net%20x', '', './net%20x/'],
    ['//evil.test', '/', './evil.test/'],
    ['/\\evil.test', '/', null],
    ['/a/..', '/', null],
    ['/a/%2e%2E', '/', null],
    ['/net-diagnostics/', '/', null],
    ['/', '/', null],
    ['/a\r\nx: y', '/', null],
  ])('that mounted them at %j is sent to the slash', async (original, url, location) => {
    stage = await new Stage().open();
    const server = await stage.listen(
      createServer((request, response) => {
        stage.handler.handle(Object.assign(request, { originalUrl: original }), response, undefined, url);
      }),
    );
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      location === null ? 200 : 308,
      location,
    ]);
    if (location !== null) {
      expect(new URL(location, 'http://app.test/a/b').origin).toBe('http://app.test');
    }
  });

  it('may have read the body before, or leave it to nobody', async () => {
    for (const isRead of [true, false]) {
      await behind((request, _response, next) => {
        if (isRead) void text(request).then(next);
        else next();
      });
      for (let count = 0; count < 3; count += 1) {
        const answer = await fetch(`http://127.0.0.1:${stage.port}/report`, {
          method: 'POST',
          body: 'x'.repeat(2_000_000),
        });
        expect(answer.status).toBe(200);
        await answer.text();
      }
      await stage.close();
    }
  });

  it("may use helmet's defaults, and its own CORS for everybody", async () => {
    const guard = helmet();
    await behind((request, response, next) => {
      response.setHeader('access-control-allow-origin', '*');
      response.setHeader('vary', 'Origin');
      guard(request, response, next);
    });
    const { headers } = await stage.get('/');
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect([headers.vary, headers['x-frame-options']]).toEqual(['Origin, Accept', 'SAMEORIGIN']);
  });

  it('may compress: answers are, streams come at once', async () => {
    const compress = compression({ threshold: 0 }) as unknown as Middleware;
    await behind(compress);
    const accept = { 'accept-encoding': 'gzip' };
    expect((await stage.get('/schema.json', accept)).headers['content-encoding']).toBe('gzip');
    const watched = await stage.watch('/report', accept);
    await until(() => watched.comments > 0);
    await watched.ended;
    expect(watched.events.at(-1)?.name).toBe('report');
  });

  it('may have answered already, or broken its response', async () => {
    const broken: [runs: number, Middleware][] = [
      [
        0,
        (_request, response, next) => {
          response.end('mine');
          next();
        },
      ],
      [
        0,
        (_request, response, next) => {
          response.destroy();
          next();
        },
      ],
      [
        1,
        (_request, response, next) => {
          response.setHeader = () => {
            throw new Error('broken');
          };
          next();
        },
      ],
    ];
    for (const [runs, middleware] of broken) {
      await behind(middleware);
      await stage.post('/report').catch(() => {});
      expect(stage.runs).toHaveLength(runs);
      await stage.close();
    }
  });

  it('need not fear pipelined requests whose connection goes away', async () => {
    stage = await new Stage().open({ isSlow: true, deadlineMs: 300 });
    const socket = await stage.dial();
    const post = 'POST /report HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';
    socket.write(post.repeat(100));
    await until(() => stage.runs.length === 1);
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const watched = await stage.watch();
    expect(watched.response.statusCode).toBe(200);
    watched.leave();
  });

  it('whose server closes ends by itself, whatever was asked and left behind', async () => {
    const { code, stdout, stderr, durationMs } = await runChild(`
      import { createServer, request } from 'node:http';
      import { createHttpHandler } from './lib/http/index.js';
      const target = { status: () => ({}), lastReport: () => null, run: () => new Promise(() => {}) };
      const open = createHttpHandler(target, { path: '/x', access: 'loopback' });
      const hanging = createHttpHandler(target, { path: '/x', access: () => new Promise(() => {}) });
      const server = createServer((req, res) => (req.url === '/status' ? hanging : open).handle(req, res));
      server.listen(0, '127.0.0.1', () => {
        const ask = (method, path, accept) => {
          const asked = request({ port: server.address().port, host: '127.0.0.1', method, path, headers: { accept } });
          asked.on('error', () => {});
          asked.end();
          setTimeout(() => asked.destroy(), 200);
        };
        ask('GET', '/status', '*/*');
        ask('POST', '/report', '*/*');
        ask('POST', '/report', 'text/event-stream');
        setTimeout(() => server.close(() => console.log('closed')), 300);
      });
    `);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'closed\n', stderr: '' });
    expect(durationMs).toBeLessThan(5_000);
  });
});

describe('HTTP/2', () => {
  const open = async (http: { access: 'loopback' | 'public-without-authentication' }) => {
    stage = await new Stage().open({ http, isSlow: true, deadlineMs: 400 });
    const server = createHttp2Server((request, response) =>
      stage.handler.handle(request as unknown as IncomingMessage, response as unknown as ServerResponse),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    closers.push(
      () => session.destroy(),
      () => server.close(),
    );
    return session;
  };

  const ask = async (session: ClientHttp2Session, headers: Record<string, string>, body = '') => {
    const stream = session.request(headers, { endStream: body === '' });
    if (body !== '') stream.end(body);
    const [head] = (await once(stream, 'response')) as [Record<string, string>];
    return { status: Number(head[':status']), headers: head, body: await text(stream) };
  };

  it('is answered like HTTP/1: pages, problems, HEAD, bodies, names', async () => {
    const session = await open({ access: 'loopback' });
    expect(await ask(session, { ':path': '/status' })).toMatchObject({ status: 200 });
    const head = await ask(session, { ':path': '/status', ':method': 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(kindOf(await ask(session, { ':path': '/nowhere' }))).toBe('not-found');
    expect(kindOf(await ask(session, { ':path': '/status', ':authority': 'evil.test' }))).toBe('not-local');
    expect(kindOf(await ask(session, { ':path': '/status', host: 'evil.test' }))).toBe('not-local');
    expect(kindOf(await ask(session, { ':path': '/status', 'x-forwarded-for': '127.0.0.1' }))).toBe(
      'not-local',
    );
    const posted = await ask(session, { ':path': '/report', ':method': 'POST' }, 'x'.repeat(500_000));
    expect(posted.status).toBe(200);
  });

  it('streams, and sees that a reader has left', async () => {
    const session = await open({ access: 'loopback' });
    const headers = { ':path': '/report', ':method': 'POST', accept: 'text/event-stream' };
    const whole = await ask(session, headers);
    expect(whole.body).toContain('event: report\n');
    const stream = session.request(headers);
    await once(stream, 'data');
    expect(stage.runs).toHaveLength(2);
    stream.close();
    await until(() => stage.runs[1]?.aborted === true);
  });

  it('tells the own page by :authority', async () => {
    const session = await open({ access: 'public-without-authentication' });
    const headers = { ':path': '/report', ':method': 'POST', ':authority': 'app.test' };
    expect((await ask(session, { ...headers, origin: 'https://app.test' })).status).toBe(200);
    expect(kindOf(await ask(session, { ...headers, origin: 'https://evil.test' }))).toBe('foreign-site');
  });
});
