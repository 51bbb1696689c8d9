import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { askHere } from '../../../platform/cli/ask-here.js';
import type { DashboardOptions, Platform, RequestRecord } from '../../../platform/index.js';
import { TestCa } from '../../probes/support/test-ca.js';
import { ADMIN, bearer, setUpCodeOf, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { Nginx, nginxAvailable } from '../../support/nginx.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let nginx: Nginx | undefined;
afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await stage.close();
});

function start(dashboard: DashboardOptions): Promise<Platform> {
  return stage.platform({ dashboard: { port: 0, token: TOKEN, ...dashboard } });
}

interface Answer {
  status: number;
  cookies: string[];
  body: string;
}

/** By hand, since fetch sets `Host` by itself. */
function ask(
  platform: Platform,
  path: string,
  headers: Record<string, string>,
  form?: Record<string, string>,
): Promise<Answer> {
  const url = new URL(path, platform.localUrl ?? '');
  return new Promise((resolve, reject) => {
    const all =
      form === undefined ? headers : { 'content-type': 'application/x-www-form-urlencoded', ...headers };
    const asked = request(
      url,
      { method: form === undefined ? 'GET' : 'POST', headers: all },
      async (response) => {
        let body = '';
        for await (const chunk of response) body += chunk;
        resolve({ status: response.statusCode ?? 0, cookies: response.headers['set-cookie'] ?? [], body });
      },
    );
    asked.on('error', reject);
    asked.end(form === undefined ? undefined : new URLSearchParams(form).toString());
  });
}

/** Makes the first account, as a browser at that origin does. */
function setUp(platform: Platform, headers: Record<string, string>): Promise<Answer> {
  return ask(platform, '/setup', headers, { code: setUpCodeOf(platform) ?? '', ...ADMIN });
}

const isForTls = ({ cookies }: Answer) =>
  cookies.some((cookie) => cookie.startsWith('__Host-') && /; Secure/.test(cookie));
const V1 = '/api/v1/me';

describe('what a proxy says', () => {
  const forged = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'fleet.test',
  };

  it('is not believed of somebody who is none', async () => {
    const platform = await start({ allowedHosts: ['fleet.test'], trustProxy: ['10.9.9.9'] });
    const { host } = new URL(platform.localUrl ?? '');
    const answer = await setUp(platform, { host, origin: `http://${host}`, ...forged });
    expect(answer.status).toBe(303);
    expect(answer.cookies).not.toEqual([]);
    expect(isForTls(answer)).toBe(false);
    // Nor does the name that it says open a door, or make a page of that name ours.
    expect((await ask(platform, V1, { ...bearer(), host: 'evil.test', ...forged })).status).toBe(421);
    const foreign = await ask(platform, '/sign-in', { host, origin: 'https://fleet.test', ...forged }, ADMIN);
    expect(foreign.status).toBe(403);
  });

  it('of one that is trusted decides for whom a cookie is, and from where somebody came', async () => {
    const platform = await start({ allowedHosts: ['fleet.test'], trustProxy: ['loopback'] });
    const { host } = new URL(platform.localUrl ?? '');
    // As nginx sends it when it is not told to pass Host on.
    const answer = await setUp(platform, { host, origin: 'https://fleet.test', ...forged });
    expect(answer.status).toBe(303);
    expect(isForTls(answer)).toBe(true);
    const cookie = (answer.cookies[0] ?? '').split(';')[0] ?? '';
    expect((await ask(platform, V1, { host, cookie, ...forged })).status).toBe(200);
    const audit = await ask(platform, '/api/v1/audit', { host, cookie, ...forged });
    expect(audit.body).toContain('203.0.113.9');
  });

  it('is taken from the right: what a client puts before it is not', async () => {
    const platform = await start({ trustProxy: ['loopback'] });
    const { host } = new URL(platform.localUrl ?? '');
    const answer = await setUp(platform, {
      ...{ host, origin: `http://${host}`, 'x-forwarded-for': '198.51.100.1, <b>x</b>, 203.0.113.9' },
    });
    const cookie = (answer.cookies[0] ?? '').split(';')[0] ?? '';
    const { body } = await ask(platform, '/api/v1/audit', { host, cookie });
    expect(body).toContain('203.0.113.9');
    expect(body).not.toMatch(/198\.51\.100\.1|<b>/);
  });

  it('that is no address is not in the log: there stands who handed it on', async () => {
    const records: RequestRecord[] = [];
    const platform = await stage.platform({
      dashboard: { port: 0, token: TOKEN, trustProxy: ['loopback'] },
      onRequest: (record) => records.push(record),
    });
    const { host } = new URL(platform.localUrl ?? '');
    const given = ['unknown', 'x\tforged=1', '203.0.113.9:4711', '203.0.113.9'];
    for (const text of given) await ask(platform, V1, { ...bearer(), host, 'x-forwarded-for': text });
    await until(() => records.length === given.length);
    expect(records.map(({ address }) => address)).toEqual([
      '127.0.0.1',
      '127.0.0.1',
      '203.0.113.9',
      '203.0.113.9',
    ]);
  });
});

describe('the name in `Host`', () => {
  it('is one of this machine, of the options, or of the public URL', async () => {
    const platform = await start({ allowedHosts: ['dash.test'], publicUrl: 'https://fleet.test:8443/' });
    const { port } = new URL(platform.localUrl ?? '');
    for (const [host, status] of [
      [`127.0.0.1:${port}`, 200],
      ['localhost:1', 200],
      ['[::1]:1', 200],
      ['dash.test', 200],
      ['DASH.test:443', 200],
      ['fleet.test:8443', 200],
      ['evil.test', 421],
      ['fleet.test.evil.test', 421],
      ['fleet.test@evil.test', 421],
      ['127.0.0.1.evil.test', 421],
      ['fleet.test:8443/', 421],
      ['fleet.test, evil.test', 421],
    ] as const)
      expect([host, (await ask(platform, V1, { ...bearer(), host })).status]).toEqual([host, status]);
    expect(platform.dashboardUrl).toBe('https://fleet.test:8443/');
  });

  it('may be missing for who asks whether it lives', async () => {
    const platform = await start({ allowedHosts: ['dash.test'] });
    expect((await ask(platform, '/livez', { host: '10.0.0.7:8080' })).status).toBe(200);
  });
});

describe.skipIf(!nginxAvailable())('behind a real nginx with TLS', () => {
  let ca: TestCa;
  beforeAll(async () => {
    ca = await TestCa.create();
  });
  afterAll(() => ca.remove());

  // From an address of its own, since the test's browser is on this machine, too.
  const GUIDE = `
    proxy_bind 127.0.0.2;
    proxy_http_version 1.1;
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host $http_host;`;

  it.each([
    ['the root', '/'],
    ['a path', '/ops/fleet/'],
  ])('answers programs and browsers at %s', async (_where, folder) => {
    const platform = await start({ trustProxy: ['127.0.0.2'] });
    const port = Number(new URL(platform.localUrl ?? '').port);
    nginx = await Nginx.start(port, GUIDE, { tls: await ca.issue('proxy', 'IP:127.0.0.1'), folder });
    const base = new URL(folder, nginx.url);
    const get = (path: string, headers: Record<string, string>) =>
      askHere(new URL(path, base), { method: 'GET', headers, timeoutMs: 10_000 });
    expect((await get('api/v1/me', bearer())).status).toBe(200);
    const made = await askHere(new URL('setup', base), {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        origin: base.origin,
        // A client's own, which nginx must not hand on as it is.
        'x-forwarded-proto': 'http',
        'x-forwarded-for': '203.0.113.9',
      },
      body: new URLSearchParams({ code: setUpCodeOf(platform) ?? '', ...ADMIN }).toString(),
      timeoutMs: 10_000,
    });
    expect(made.status).toBe(303);
    const [set = ''] = made.headers['set-cookie'] ?? [];
    expect(set).toMatch(/^__Host-.*; Secure/);
    // It leads to where nginx is.
    expect(new URL(made.headers.location ?? '', new URL('setup', base)).href).toMatch(
      new RegExp(`^${base.href}`),
    );
    const { text } = await get('api/v1/audit', { cookie: set.split(';')[0] ?? '' });
    expect(text).toContain('127.0.0.1');
    expect(text).not.toContain('203.0.113.9');
  });
});
