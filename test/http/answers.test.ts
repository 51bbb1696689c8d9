import { createServer, type OutgoingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAGE, PAGE_ASSETS } from '../../lib/http/page/index.js';
import { type LocalReport, REPORT_SCHEMA, renderText } from '../../lib/report/index.js';
import { SCRIPT_PATH, STYLE_PATH } from '../support/page-assets.js';
import { kindOf, Stage } from './stage.js';

let stage: Stage;
beforeEach(async () => {
  stage = await new Stage().open();
});
afterEach(() => stage.close());

describe('the routes', () => {
  it('show the page and its files', async () => {
    for (const path of ['/', '', '/?x=1']) {
      const answer = await stage.get(path, { accept: 'text/html' });
      expect([answer.status, answer.body]).toEqual([200, PAGE]);
      expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    }
    for (const [name, { type, body }] of PAGE_ASSETS) {
      const answer = await stage.get(`/assets/${name}`);
      expect([name, answer.status, answer.headers['content-type']]).toEqual([name, 200, type]);
      expect(answer.body).toBe(body);
    }
  });

  it('show the status and the schema', async () => {
    expect(JSON.parse((await stage.get('/status')).body)).toMatchObject({
      state: 'disabled',
      reason: 'no-secret',
    });
    const schema = await stage.get('/schema.json');
    expect(schema.headers['content-type']).toBe('application/schema+json');
    expect(JSON.parse(schema.body)).toEqual(JSON.parse(JSON.stringify(REPORT_SCHEMA)));
    const accept = 'application/json';
    expect((await stage.get('/schema.json', { accept })).headers['content-type']).toBe(accept);
  });

  it('have no report before a run, and never run by GET', async () => {
    for (const path of ['/report', '/report.txt', '/report?redact=1']) {
      const answer = await stage.get(path);
      expect([answer.status, kindOf(answer)]).toEqual([404, 'no-report']);
      expect(answer.body).toContain('POST');
    }
    for (const path of ['/', '/status', '/schema.json']) await stage.get(path);
    expect(stage.runs).toEqual([]);
  });

  it('run by POST, and show the latest report from then on, as JSON and as text', async () => {
    const posted = await stage.post('/report');
    expect([posted.status, posted.headers['content-type']]).toEqual([200, 'application/json']);
    const report = JSON.parse(posted.body) as LocalReport;
    expect(report).toMatchObject({ version: 1, probes: expect.any(Array) });
    expect((await stage.get('/report')).body).toBe(posted.body);
    for (const [path, accept] of [
      ['/report.txt', '*/*'],
      ['/report', 'text/plain'],
    ] as const) {
      const answer = await stage.get(path, { accept });
      expect([answer.body, answer.headers['content-type']]).toEqual([
        renderText(report),
        'text/plain; charset=utf-8',
      ]);
    }
    const asText = await stage.post('/report', { accept: 'text/plain' });
    expect(asText.body).toMatch(/^[A-Z]+: /);
    expect(stage.runs).toHaveLength(2);
  });

  it('redact when asked, and do not guess what was meant', async () => {
    await stage.close();
    stage = await new Stage().open({ isSlow: true, deadlineMs: 300 });
    const posted = await stage.post('/report');
    expect(posted.body).toContain('http://127.0.0.1:');
    const redacted = ['/report?redact=1', '/report.txt?redact=1', '/report?x=2&redact=1'];
    for (const path of redacted) {
      const { status, body } = await stage.get(path);
      expect([path, status, body.includes('127.0.0.1')]).toEqual([path, 200, false]);
    }
    expect((await stage.post('/report?redact=1')).body).not.toContain('127.0.0.1');
    expect((await stage.get('/report?redact=0')).body).toContain('127.0.0.1');
    const runs = stage.runs.length;
    for (const query of [
      'redact=true',
      'redact',
      'redact=',
      'redact=1&redact=1',
      'redact=0&redact=1',
      'redact=%31%20',
    ]) {
      expect([query, kindOf(await stage.get(`/report?${query}`))]).toEqual([query, 'bad-query']);
      expect([query, kindOf(await stage.post(`/report?${query}`))]).toEqual([query, 'bad-query']);
    }
    expect(stage.runs).toHaveLength(runs);
  });

  it('answer HEAD like GET, without the body', async () => {
    for (const path of ['/', '/status', '/schema.json', STYLE_PATH, '/report']) {
      const [head, get] = [await stage.ask('HEAD', path), await stage.get(path)];
      expect([path, head.status, head.body]).toEqual([path, get.status, '']);
      for (const name of ['content-type', 'content-length', 'content-security-policy', 'cache-control']) {
        expect(head.headers[name]).toBe(get.headers[name]);
      }
    }
  });

  it.each<[string, string, string]>([
    ['POST', '/', 'GET, HEAD'],
    ['POST', '/status', 'GET, HEAD'],
    ['POST', '/report.txt', 'GET, HEAD'],
    ['PUT', '/report', 'GET, HEAD, POST'],
    ['DELETE', '/report', 'GET, HEAD, POST'],
    ['PATCH', STYLE_PATH, 'GET, HEAD'],
    ['OPTIONS', '/report', 'GET, HEAD, POST'],
    ['TRACE', '/status', 'GET, HEAD'],
    ['PROPFIND', '/', 'GET, HEAD'],
  ])('do not take %s on %s, and say what they take', async (method, path, allow) => {
    const answer = await stage.ask(method, path);
    expect([answer.status, answer.headers.allow, kindOf(answer)]).toEqual([405, allow, 'method-not-allowed']);
  });

  it.each<[string, string, string]>([
    ['GET', '/', 'application/json'],
    ['GET', '/status', 'text/html'],
    ['GET', '/report', 'text/event-stream'],
    ['GET', '/report.txt', 'application/json'],
    ['POST', '/report', 'image/*'],
    ['POST', '/report', '*/*;q=0'],
    ['GET', STYLE_PATH, 'text/javascript'],
  ])('have nothing for %s %s as %s, and say what there is', async (method, path, accept) => {
    const answer = await stage.ask(method, path, { accept });
    expect([answer.status, kindOf(answer)]).toEqual([406, 'not-acceptable']);
    expect(answer.body).toContain('There is ');
    expect(stage.runs).toEqual([]);
  });

  it.each([
    '//',
    '//status',
    '/status/',
    '/STATUS',
    '/./status',
    '/../status',
    '/assets/../status',
    '/assets/..%2fstatus',
    '/%2e%2e/status',
    '/%73tatus',
    '/status%00',
    '/status;x=1',
    '/status\\',
    '/assets/',
    '/assets/toString',
    '/assets/__proto__',
    '/assets/../../package.json',
    '/assets/%2e%2e/%2e%2e/package.json',
    '/constructor',
    'http://localhost/status',
    '/report.txt/..;/status',
    `/${'a'.repeat(10_000)}`,
  ])('take paths as they are: %s is none of them', async (path) => {
    const answer = await stage.get(path);
    expect([answer.status, kindOf(answer)]).toEqual([404, 'not-found']);
  });

  it('refuse an overlong address', async () => {
    expect(kindOf(await stage.get(`/status?${'a'.repeat(2_100)}`))).toBe('uri-too-long');
    expect((await stage.get(`/status?${'a'.repeat(2_000)}`)).status).toBe(200);
  });
});

describe('whatever a host takes for the address', () => {
  it('gets one of the known answers', async () => {
    const server = await stage.listen(
      createServer((request, response) => {
        const url = decodeURIComponent(String(request.headers.address));
        stage.handler.handle(request, response, undefined, url);
      }),
    );
    const { port } = server.address() as AddressInfo;
    const part = fc.oneof(
      fc.constantFrom(
        '/',
        '//',
        '?',
        '#',
        '..',
        '%2e',
        '%',
        'status',
        'report',
        'assets',
        'redact=1',
        '&',
        '\\',
        ';',
      ),
      fc.string({ maxLength: 8 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), async (parts) => {
        const url = encodeURIComponent(parts.join(''));
        const answer = await fetch(`http://127.0.0.1:${port}/`, {
          headers: { address: url },
          redirect: 'manual',
        });
        expect([200, 400, 404, 414]).toContain(answer.status);
        await answer.text();
      }),
      { numRuns: 300 },
    );
    expect([stage.runs, stage.log]).toEqual([[], []]);
  });

  it('may be a megabyte long', async () => {
    const server = await stage.listen(
      createServer({ maxHeaderSize: 4 << 20 }, (request, response) =>
        stage.handler.handle(request, response),
      ),
    );
    const { port } = server.address() as AddressInfo;
    const status = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    const megabyte = 'a'.repeat(1 << 20);
    const started = performance.now();
    expect(await status(`/${megabyte}`)).toBe(404);
    expect(await status(`/report?redact=${megabyte}`)).toBe(414);
    expect(await status(`/?${'&='.repeat(1 << 19)}`)).toBe(414);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe('every answer', () => {
  const asked: [string, string, OutgoingHttpHeaders][] = [
    ['GET', '/', {}],
    ['GET', '/status', {}],
    ['GET', '/report', {}],
    ['POST', '/report', {}],
    ['POST', '/report', { accept: 'text/event-stream' }],
    ['GET', '/nowhere', {}],
    ['PUT', '/report', {}],
    ['GET', '/', { accept: 'x/y' }],
    ['GET', '/', { host: 'evil.test' }],
  ];

  const files = [SCRIPT_PATH, STYLE_PATH].map((path): [string, string, OutgoingHttpHeaders] => [
    'GET',
    path,
    {},
  ]);

  it.each([...asked, ...files])(
    'to %s %s %j is guarded against other sites, and stored only where its name says what is in it',
    async (method, path, headers) => {
      const answer = await stage.ask(method, path, headers);
      expect(answer.headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      );
      expect(answer.headers['cache-control']).toMatch(
        path.startsWith('/assets/')
          ? /^private, max-age=31536000, immutable$/
          : /^no-store(, no-transform)?$/,
      );
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        vary: 'Accept',
      });
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    },
  );

  it('that is a problem has type, title, status and what to do', async () => {
    const answer = await stage.get('/', { host: 'evil.test' });
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:iroh-net-diagnostics:problem:not-local',
      title: 'This machine only',
      status: 403,
      detail: expect.stringContaining('authorize'),
    });
  });

  it('tells nothing of what failed inside: that is for the log', async () => {
    await stage.close();
    const fail = () => {
      throw new Error('hunter2');
    };
    stage = await new Stage().open({ target: { status: fail, lastReport: fail } });
    for (const path of ['/status', '/report', '/report.txt']) {
      const answer = await stage.get(path);
      expect([answer.status, kindOf(answer), answer.body.includes('hunter2')]).toEqual([
        500,
        'failed',
        false,
      ]);
    }
    expect(stage.log).toEqual(Array(3).fill('a request over HTTP failed: hunter2'));
  });

  it('repeats nothing of the request', async () => {
    const mark = 'MARK<script>';
    for (const [method, path] of [
      ['GET', '/nowhere?q='],
      ['GET', '/report?redact='],
      ['PUT', '/?q='],
    ] as const) {
      const answer = await stage.ask(method, path + encodeURIComponent(mark), {
        accept: mark,
        'user-agent': mark,
      });
      expect(answer.body + JSON.stringify(answer.headers)).not.toContain('MARK');
    }
  });
});
