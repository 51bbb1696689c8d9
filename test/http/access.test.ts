import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpAuthorize } from '../../lib/options/index.js';
import { SCRIPT_PATH, STYLE_PATH } from '../support/page-assets.js';
import { kindOf, Stage, type StageOptions } from './stage.js';

let stage: Stage;
const open = async (options?: StageOptions) => {
  stage = await new Stage().open(options);
};
afterEach(() => stage.close());

const ROUTES = ['/', '', '/status', '/report', '/report.txt', '/schema.json', STYLE_PATH];
const own = (headers: OutgoingHttpHeaders = {}) => ({ host: 'app.test', ...headers });

describe('the routes', () => {
  it('are closed until they are opened, and say by which option', async () => {
    await open({ http: null });
    for (const path of ROUTES) {
      const answer = await stage.get(path);
      expect([path, answer.status, kindOf(answer)]).toEqual([path, 403, 'closed']);
      expect(answer.body).toContain('`http`');
    }
    expect(kindOf(await stage.post('/report'))).toBe('closed');
    expect(stage.runs).toEqual([]);
  });

  it('are open to everybody under their ugly name', async () => {
    await open({ http: { access: 'public-without-authentication' } });
    expect((await stage.get('/status', own({ 'x-forwarded-for': '203.0.113.9' }))).status).toBe(200);
  });
});

describe("access: 'loopback'", () => {
  it('takes requests of this machine under a name of this machine, whatever the port', async () => {
    await open();
    for (const host of ['localhost', 'LOCALHOST:9', '127.0.0.1', '127.9.9.9:1', '[::1]:80']) {
      expect([host, (await stage.get('/status', { host })).status]).toEqual([host, 200]);
    }
  });

  it.each([
    'evil.test',
    'localhost.evil.test',
    '127.0.0.1.evil.test:80',
    'evil.test:127',
    '0.0.0.0',
    '169.254.169.254',
    '192.168.0.1',
    '::1',
    'a@localhost',
    'localhost/../evil.test',
    'localhost, evil.test',
    '[::1',
    '[::ffff:192.0.2.1]',
    '2130706433',
    '0x7f.1',
    '',
  ])('refuses the Host %j: a page may have pointed a name of its own here (DNS rebinding)', async (host) => {
    await open();
    for (const method of ['GET', 'POST']) {
      const answer = await stage.ask(method, '/report', { host, origin: `http://${host}` });
      expect([answer.status, kindOf(answer).replace('foreign-site', 'not-local')]).toEqual([
        403,
        'not-local',
      ]);
    }
    expect(stage.runs).toEqual([]);
  });

  it('refuses a repeated or missing Host, and a target with a host of its own', async () => {
    await open();
    const status = async (head: string) => {
      const socket = await stage.dial();
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      let answer = '';
      for await (const part of socket) answer += part;
      return Number(answer.split(' ')[1]);
    };
    expect(await status('GET /status HTTP/1.1\r\nHost: localhost')).toBe(200);
    expect(await status('GET /status HTTP/1.1\r\nHost: localhost\r\nHost: evil.test')).not.toBe(200);
    expect(await status('GET /status HTTP/1.1\r\nHost: evil.test\r\nHost: localhost')).not.toBe(200);
    expect(await status('GET /status HTTP/1.0')).toBe(403);
    // Browsers and curl speak 1.1; nginx speaks this, and adds no header, unless it is told to.
    expect(await status('GET /status HTTP/1.0\r\nHost: localhost')).toBe(403);
    expect(await status('GET http://evil.test/status HTTP/1.1\r\nHost: localhost')).toBe(404);
  });

  it.each([
    'Forwarded',
    'Via',
    'X-Forwarded-For',
    'x-forwarded-host',
    'X-FORWARDED-PROTO',
    'X-Forwarded',
    'X_Forwarded_For',
    'X-Real-IP',
    'X-Client-IP',
    'X-Cluster-Client-IP',
    'True-Client-IP',
    'Fastly-Client-IP',
    'X-Azure-ClientIP',
    'CF-Connecting-IP',
    'CF-Ray',
    'CDN-Loop',
    'X-Original-Host',
    'X-Envoy-External-Address',
    'Forwarded-For',
    'X-Scheme',
    'X-Request-ID',
    'X-Amzn-Trace-Id',
    'Fly-Region',
    'Front-End-Https',
  ])('refuses %s, also when it says 127.0.0.1 or nothing', async (name) => {
    await open();
    for (const value of ['127.0.0.1', '']) {
      const answer = await stage.get('/status', { [name]: value });
      expect([answer.status, kindOf(answer)]).toEqual([403, 'not-local']);
    }
  });

  it('takes what scripts of pages add', async () => {
    await open();
    expect((await stage.get('/status', { 'x-requested-with': 'XMLHttpRequest' })).status).toBe(200);
  });

  it('opens nothing in production, and says so in the log, once', async () => {
    const warnings: unknown[] = [];
    const logger = { info: () => {}, error: () => {}, warn: (...line: unknown[]) => warnings.push(line) };
    await open({ parts: { isProduction: true, logger } });
    for (const path of ROUTES) {
      const answer = await stage.get(path);
      expect([path, answer.status, kindOf(answer)]).toEqual([path, 403, 'in-production']);
      expect(answer.body).toContain('`authorize`');
    }
    expect(warnings).toEqual([[expect.stringContaining('`authorize`'), { event: 'http-closed' }]]);
  });

  it('is all that production closes', async () => {
    await open({ http: { authorize: () => true }, parts: { isProduction: true } });
    expect((await stage.get('/status')).status).toBe(200);
  });

  it('goes by the socket: what the app believes of a header changes nothing', async () => {
    await open();
    const addresses = Object.values(networkInterfaces())
      .flat()
      .filter((entry) => entry?.family === 'IPv4' && !entry.internal);
    const [outer] = addresses;
    if (outer === undefined) return;
    // A socket of another address of this machine stands for another machine.
    const server = await stage.listenAnywhere((request, response) => {
      Object.defineProperty(request, 'ip', { value: '127.0.0.1' });
      stage.handler.handle(request, response);
    });
    const socket = connect(server.port, outer.address);
    socket.end('GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    let answer = '';
    for await (const part of socket) answer += part;
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain('did not come from this machine');
  });

  it('knows IPv4 in the clothes of IPv6', async () => {
    await open();
    const server = await stage.listenAnywhere((request, response) => {
      expect(request.socket.remoteAddress).toMatch(/127\.0\.0\.1$/);
      stage.handler.handle(request, response);
    });
    const response = await fetch(`http://127.0.0.1:${server.port}/status`);
    expect(response.status).toBe(200);
  });

  it('refuses a Unix socket: a proxy is what speaks through one', async () => {
    await open();
    expect((await stage.getThroughUnixSocket('/status')).status).toBe(403);
  });
});

describe('authorize', () => {
  it('decides over every request, assets included, and gets the request itself', async () => {
    const asked: string[] = [];
    const authorize = ({ url = '', headers, method }: IncomingMessage) => {
      asked.push(`${method} ${url}`);
      return headers.authorization === 'Bearer good';
    };
    await open({ http: { authorize } });
    for (const path of ROUTES) {
      const answer = await stage.get(path, own());
      expect([answer.status, kindOf(answer)]).toEqual([403, 'not-authorized']);
    }
    expect(asked).toEqual(ROUTES.map((path) => `GET ${path === '' ? '/' : path}`));
    const headers = own({ authorization: 'Bearer good', 'x-forwarded-for': '203.0.113.9' });
    expect((await stage.get('/status', headers)).status).toBe(200);
    expect((await stage.post('/report', headers)).status).toBe(200);
    expect(kindOf(await stage.post('/report', own()))).toBe('not-authorized');
  });

  it.each([
    ['false', () => false],
    ['undefined', () => undefined],
    ['1', () => 1],
    ['"true"', () => 'true'],
    ['a promise of false', async () => false],
    ['a promise of an object', async () => ({})],
  ])('lets nobody in with %s', async (_name, authorize) => {
    await open({ http: { authorize: authorize as unknown as HttpAuthorize } });
    expect(kindOf(await stage.get('/status'))).toBe('not-authorized');
    expect(stage.log).toEqual([]);
  });

  it.each([
    ['an object without a text', Object.create(null)],
    [
      'a text that throws',
      Object.defineProperty(new Error('x'), 'message', {
        get: () => {
          throw new Error('y');
        },
      }),
    ],
    ['a message that is none', Object.assign(new Error('x'), { message: { toString: () => 'z' } })],
    ['nothing', undefined],
  ])('that throws %s lets nobody in, and is logged', async (_name, thrown) => {
    await open({ http: { authorize: () => Promise.reject(thrown) } });
    expect(kindOf(await stage.get('/status'))).toBe('not-authorized');
    expect(stage.log).toEqual([expect.stringMatching(/^`http.authorize` failed: ./)]);
  });

  it('that throws or rejects lets nobody in, is logged, and tells nothing', async () => {
    const failures: HttpAuthorize[] = [
      () => {
        throw new Error('db password is hunter2');
      },
      () => Promise.reject(new Error('db password is hunter2')),
    ];
    for (const authorize of failures) {
      await open({ http: { authorize } });
      const answer = await stage.get('/status');
      expect([answer.status, kindOf(answer)]).toEqual([403, 'not-authorized']);
      expect(answer.body).not.toContain('hunter2');
      expect(stage.log).toEqual(['`http.authorize` failed: db password is hunter2']);
      await stage.close();
    }
  });

  it('cannot be made to fill the log', async () => {
    await open({ http: { authorize: () => Promise.reject(new Error('no')) } });
    for (let count = 0; count < 40; count += 1) await stage.get('/status');
    expect(stage.log).toHaveLength(5);
    await stage.time.advance(60_000);
    for (let count = 0; count < 40; count += 1) await stage.get('/status');
    expect(stage.log).toHaveLength(10);
  });

  it('that takes too long lets nobody in', async () => {
    await open({ http: { authorize: () => new Promise(() => {}) }, parts: { authorizeTimeoutMs: 50 } });
    expect(kindOf(await stage.get('/status'))).toBe('not-authorized');
    expect(stage.log).toEqual([expect.stringContaining('authorize')]);
  });

  it('that decides after its asker has left starts no run', async () => {
    let decide: (value: boolean) => void = () => {};
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const authorize = () => {
      asked();
      return new Promise<boolean>((resolve) => {
        decide = resolve;
      });
    };
    await open({ http: { authorize } });
    const socket = await stage.dial();
    socket.write('POST /report HTTP/1.1\r\nHost: x\r\n\r\n');
    await isAsked;
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    decide(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stage.runs).toEqual([]);
    expect(stage.log).toEqual([]);
  });
});

describe('requests of other sites', () => {
  const host = 'app.test';
  it.each<[string, OutgoingHttpHeaders, boolean]>([
    ['no browser at all', {}, true],
    ['our page', { origin: 'http://app.test', 'sec-fetch-site': 'same-origin' }, true],
    ['our page behind a TLS proxy', { origin: 'https://app.test', 'sec-fetch-site': 'same-origin' }, true],
    ['our page in an old browser', { origin: 'http://app.test' }, true],
    ['a reload by hand', { 'sec-fetch-site': 'none' }, true],
    ['a simple request of another site', { origin: 'http://evil.test', 'content-type': 'text/plain' }, false],
    ['a form of another site', { origin: 'http://evil.test', 'sec-fetch-site': 'cross-site' }, false],
    ['an old browser at another site', { origin: 'http://evil.test' }, false],
    ['another scheme', { origin: 'file://app.test' }, false],
    ['another port', { origin: 'http://app.test:81' }, false],
    ['a name that ends like ours', { origin: 'http://evil-app.test' }, false],
    ['a sandboxed frame', { origin: 'null' }, false],
    ['a neighbour', { 'sec-fetch-site': 'same-site', origin: 'http://x.app.test' }, false],
    ['another site without Origin', { 'sec-fetch-site': 'cross-site' }, false],
    ['two words', { 'sec-fetch-site': 'same-origin, cross-site' }, false],
    ['an unknown word', { 'sec-fetch-site': 'friend' }, false],
    ['a foreign Origin beside none', { 'sec-fetch-site': 'none', origin: 'http://evil.test' }, false],
  ])('to run: %s', async (_name, headers, isAllowed) => {
    await open({ http: { access: 'public-without-authentication' } });
    const answer = await stage.post('/report', { host, ...headers });
    if (isAllowed) expect(answer.status).toBe(200);
    else expect([answer.status, kindOf(answer)]).toEqual([403, 'foreign-site']);
    expect(stage.runs).toHaveLength(isAllowed ? 1 : 0);
  });

  it('read nothing, also where the app grants CORS to everybody; a link to the page works', async () => {
    await open({ http: { access: 'public-without-authentication' } });
    const foreign = { host, 'sec-fetch-site': 'cross-site' };
    expect(kindOf(await stage.get('/status', { ...foreign, 'sec-fetch-mode': 'cors' }))).toBe('foreign-site');
    expect(kindOf(await stage.get('/status', { host, origin: 'http://evil.test' }))).toBe('foreign-site');
    expect(kindOf(await stage.get(SCRIPT_PATH, { ...foreign, 'sec-fetch-mode': 'no-cors' }))).toBe(
      'foreign-site',
    );
    const link = { ...foreign, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect((await stage.get('/', link)).status).toBe(200);
    expect(kindOf(await stage.get('/', { ...link, 'sec-fetch-dest': 'iframe' }))).toBe('foreign-site');
    expect(kindOf(await stage.post('/report', link))).toBe('foreign-site');
  });
});
