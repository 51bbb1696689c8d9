import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiSecret } from '../../lib/wire/index.js';
import type { Platform } from '../../platform/index.js';
import { originOf, TOKEN } from '../support/dashboard-door.js';
import { until } from '../support/fake-time.js';
import { HAS_IPV6_LOOPBACK } from '../support/loopback.js';
import { SSH_PUBLIC_KEY } from '../support/ssh-keys.js';
import { grantToken, openSession, Stage, sampleReport, tell } from './stage.js';

const stage = new Stage();
let platform: Platform;
let origin: string;
let cookie: string;

beforeEach(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
  origin = originOf(platform);
  cookie = await stage.signIn(platform);
});
afterEach(() => stage.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(origin + path, { headers: { cookie, ...headers }, redirect: 'manual' });
const post = (path: string, body: unknown = {}, headers: Record<string, string> = {}) =>
  fetch(origin + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { cookie, origin, 'content-type': 'application/json', ...headers },
    redirect: 'manual',
  });

/** An answer's body, in the shape the test knows. */
async function json<T>(answer: Response | Promise<Response>): Promise<T> {
  return (await (await answer).json()) as T;
}

interface EndpointAnswer {
  endpoint: { button: unknown };
  reports: { items: { id: string }[]; next: string | null };
}

/** `fetch` sets these headers itself. */
function rawStatus(headers: Record<string, string>, path = '/'): Promise<number | undefined> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
}

describe("the dashboard's door", () => {
  it('shows pages and data to nobody without a login', async () => {
    for (const path of [
      '/projects/default/endpoints',
      '/projects/default/secrets',
      `/projects/default/endpoints/${'a'.repeat(64)}`,
    ]) {
      const page = await get(path, { cookie: '' });
      expect([page.status, await page.text()]).toEqual([401, expect.stringContaining('Name or e-mail')]);
    }
    for (const path of [
      '/api/v1/projects/default/endpoints',
      '/api/v1/projects/default/secrets',
      '/api/v1/projects/default/events',
      `/api/v1/projects/default/endpoints/${'a'.repeat(64)}`,
    ]) {
      const answer = await get(path, { cookie: `${cookie.split('=')[0]}=${'x'.repeat(43)}` });
      expect([answer.status, await answer.json()]).toEqual([
        401,
        expect.objectContaining({ code: 'not-signed-in', detail: 'Sign in first.' }),
      ]);
    }
    expect((await post('/api/v1/projects/default/secrets', {}, { cookie: '' })).status).toBe(401);
  });

  it('takes the token of the options from programs', async () => {
    const bearer = { cookie: '', authorization: `Bearer ${TOKEN}` };
    expect((await get('/api/v1/projects/default/endpoints', bearer)).status).toBe(200);
    expect(
      (await get('/api/v1/projects/default/endpoints', { ...bearer, authorization: 'Bearer wrong' })).status,
    ).toBe(401);
  });

  it.each([
    ['another origin', { origin: 'http://evil.test' }],
    ['an opaque origin', { origin: 'null' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['the same site but another origin', { 'sec-fetch-site': 'same-site' }],
  ])('refuses to change anything for %s', async (_name, headers) => {
    const answer = await post('/api/v1/projects/default/secrets', { label: 'x' }, headers);
    expect(answer.status).toBe(403);
    expect(await platform.apiSecrets()).toEqual([]);
  });

  it('refuses to change anything for a request that does not say where it comes from', async () => {
    const answer = await fetch(`${origin}/api/v1/projects/default/secrets`, {
      method: 'POST',
      body: '{}',
      headers: { cookie, 'content-type': 'application/json' },
    });
    expect(answer.status).toBe(403);
  });

  it('serves under names of this machine alone, whatever the port', async () => {
    for (const host of ['127.0.0.1', 'localhost:9999', 'LOCALHOST', '[::1]:80', '127.0.0.2:1']) {
      expect([host, await rawStatus({ host, cookie })]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.test',
      '127.0.0.1.evil.test',
      'localhost.evil.test:80',
      '192.168.0.1',
      '::1',
      'a@localhost',
    ]) {
      expect([host, await rawStatus({ host, cookie })]).toEqual([host, 421]);
    }
  });

  it('is open on loopback alone, on both families', async () => {
    expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    if (HAS_IPV6_LOOPBACK) expect((await fetch(origin.replace('127.0.0.1', '[::1]'))).status).toBe(401);
  });

  it('needs no login when told so, and still refuses other sites', async () => {
    const open = await stage.platform({ dashboard: { port: 0, unsafeWithoutLogin: true } });
    expect(open.dashboardUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect((await fetch(`${open.dashboardUrl}api/v1/projects/default/endpoints`)).status).toBe(200);
    const foreign = { method: 'POST', headers: { origin: 'http://evil.test' } };
    expect((await fetch(`${open.dashboardUrl}api/v1/projects/default/secrets`, foreign)).status).toBe(403);
  });
});

describe("the dashboard's answers", () => {
  it('carry a strict content policy and are never stored', async () => {
    for (const path of ['/', '/api/v1/projects/default/endpoints', '/nowhere', '/sign-in']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      );
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('may be kept by browsers where their names say what is in them: the files of the pages', async () => {
    const page = await (await get('/')).text();
    const files = [...page.matchAll(/"\.(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files).toHaveLength(2);
    for (const path of files) {
      const { status, headers } = await get(path);
      expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('are 404 and 405 where nothing is, and 400, 413, 415 for bodies that are none', async () => {
    const status = async (answer: Promise<Response>) => (await answer).status;
    expect(await status(get('/nowhere'))).toBe(404);
    for (const name of ['none.js', 'dashboard.js', 'dashboard.0123456789ab.js', 'toString', '__proto__'])
      expect([name, await status(get(`/assets/${name}`))]).toEqual([name, 404]);
    expect(await status(get('/assets/..%2f..%2fpackage.json'))).toBe(404);
    expect(await status(get('//evil.test/'))).toBe(404);
    expect(await status(get(`/api/v1/projects/default/endpoints/${'a'.repeat(64)}`))).toBe(404);
    expect(await status(get(`/api/v1/projects/default/reports/${'a'.repeat(20)}`))).toBe(404);
    expect(await status(post(`/api/v1/projects/default/secrets/${'a'.repeat(64)}/revoke`))).toBe(404);
    expect(await status(post('/api/v1/projects/default/secrets', '[]'))).toBe(400);
    expect(await status(post('/api/v1/projects/default/secrets', '{'))).toBe(400);
    expect(await status(post('/api/v1/projects/default/secrets', { label: 5 }))).toBe(400);
    expect(await status(post('/api/v1/projects/default/secrets', { label: 'x'.repeat(61) }))).toBe(400);
    expect(await status(post('/api/v1/projects/default/secrets', {}, { 'content-type': 'text/plain' }))).toBe(
      415,
    );
    expect(await status(post('/api/v1/projects/default/secrets', { label: 'x'.repeat(20_000) }))).toBe(413);
    const wrong = await post('/api/v1/projects/default/endpoints');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await rawStatus({ cookie, filler: 'x'.repeat(10_000) })).toBe(431);
  });

  it('have the same headers and words where the framework refuses: a URL, a method, a body', async () => {
    for (const [answer, status] of [
      [await get('/%zz'), 404],
      [
        await fetch(`${origin}/api/v1/projects/default/secrets`, {
          method: 'OPTIONS',
          headers: { cookie, origin },
        }),
        405,
      ],
      [
        await fetch(`${origin}/api/v1/projects/default/secrets`, {
          method: 'PROPFIND',
          headers: { cookie, origin },
        }),
        404,
      ],
      [await post('/api/v1/projects/default/secrets', '{'), 400],
      [await post('/api/v1/projects/default/secrets', '{"__proto__":{"a":1}}'), 400],
      [
        await post('/api/v1/projects/default/secrets', 'a=b', {
          'content-type': 'application/x-www-form-urlencoded',
        }),
        415,
      ],
    ] as const) {
      expect([answer.status, answer.headers.get('content-security-policy')]).toEqual([
        status,
        expect.stringContaining("default-src 'none'"),
      ]);
      expect(await answer.text()).not.toMatch(/FST_|Fastify|statusCode/);
    }
  });

  it('to HEAD are those to GET without a body, and a method is refused to nobody before the login', async () => {
    const head = await fetch(`${origin}/api/v1/projects/default/endpoints`, {
      method: 'HEAD',
      headers: { cookie },
    });
    const whole = await get('/api/v1/projects/default/endpoints');
    expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([
      ...[200, ''],
      String((await whole.text()).length),
    ]);
    expect((await post('/api/v1/projects/default/endpoints', {}, { cookie: '' })).status).toBe(401);
    expect((await post('/assets/none.js', {}, { cookie: '' })).status).toBe(405);
  });

  it('name no data in markup: pages are the same for everybody', async () => {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'name-endpoint', name: '<img src=x onerror=alert(1)>' });
    for (const path of ['/projects/default/endpoints', `/projects/default/endpoints/${endpoint.id}`])
      expect(await (await get(path)).text()).not.toContain('onerror');
  });
});

describe("the dashboard's work", () => {
  it('issues an API secret once, lists its public half, and revokes it', async () => {
    const created = await post('/api/v1/projects/default/secrets', { label: ' ci ' });
    const { secret, envLine, keyId } = await json<Record<'secret' | 'envLine' | 'keyId', string>>(created);
    expect(created.status).toBe(201);
    expect(ApiSecret.parse(secret)).toMatchObject({ keyId, platform: platform.address });
    expect(envLine).toBe(`IROH_SERVICES_API_SECRET=${secret}`);
    const list = await (await get('/api/v1/projects/default/secrets')).text();
    expect(JSON.parse(list).items).toMatchObject([{ keyId, label: 'ci', revokedAt: null }]);
    expect(list).not.toContain(secret);
    expect((await post(`/api/v1/projects/default/secrets/${keyId}/revoke`)).status).toBe(200);
    expect(await platform.apiSecrets()).toMatchObject([{ revokedAt: expect.any(Number) }]);
  });

  it('registers an SSH key in place of a secret, for programs', async () => {
    const created = await post('/api/v1/projects/default/secrets', {
      sshKey: `${SSH_PUBLIC_KEY}\n`,
      label: 'ci',
    });
    const { keyId } = await json<{ keyId: string }>(created);
    expect([created.status, await platform.apiSecrets()]).toMatchObject([201, [{ keyId, label: 'ci' }]]);
    expect((await post('/api/v1/projects/default/secrets', { sshKey: SSH_PUBLIC_KEY })).status).toBe(409);
    expect((await post('/api/v1/projects/default/secrets', { sshKey: 'ssh-rsa AAAA' })).status).toBe(400);
    expect((await post('/api/v1/projects/default/secrets', { sshKey: 5 })).status).toBe(400);
  });

  it('runs diagnostics: grey with the reason, then progress, then the report', async () => {
    const endpoint = await stage.clientHost({
      onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
    });
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const path = `/api/v1/projects/default/endpoints/${endpoint.id}`;
    expect((await json<EndpointAnswer>(get(path))).endpoint.button).toMatchObject({
      enabled: false,
      reason: 'no-grant',
    });
    const refused = await post(`${path}/runs`);
    expect([refused.status, (await json<{ detail: string }>(refused)).detail]).toEqual([
      409,
      expect.stringMatching(/^No grant/),
    ]);

    const live = new AbortController();
    const events = await fetch(`${origin}/api/v1/projects/default/events`, {
      headers: { cookie },
      signal: live.signal,
    });
    expect(events.headers.get('cache-control')).toBe('no-store, no-transform');
    let text = '';
    const reading = (async () => {
      for await (const chunk of events.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => {});

    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    await until(() => text.includes(`event: changed\ndata: {"endpointIds":["${endpoint.id}"]}`));
    expect((await json<EndpointAnswer>(get(path))).endpoint.button).toMatchObject({ enabled: true });
    const begun = await post(`${path}/runs`);
    expect(begun.status).toBe(202);
    await until(() => text.includes('"phase":"done"'));
    const phases = [...text.matchAll(/"phase":"(\w+)"/g)].map(([, phase]) => phase);
    expect(phases).toEqual(['connecting', 'authorising', 'running', 'done']);
    const reports = (await json<EndpointAnswer>(get(path))).reports.items;
    expect(reports).toMatchObject([
      { source: 'dial-back', level: 'green', headline: 'Endpoint-Independent' },
    ]);
    const report = await json(get(`/api/v1/projects/default/reports/${reports[0]?.id}`));
    expect(report).toMatchObject({ raw: sampleReport(endpoint.id), view: { level: 'green' } });
    live.abort();
    await reading;
  });

  it('tells the history of a metric, exactly, and which metrics there are', async () => {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const items = [
      {
        type: 'counter' as const,
        name: 'recv',
        prefixes: ['net'],
        labels: [['v', '4']] as [string, string][],
      },
      { type: 'gauge' as const, name: 'depth', prefixes: [], labels: [] },
    ];
    await tell(connection, {
      type: 'put-metrics',
      sessionId: new Uint8Array(16),
      update: {
        schema: { items, help: ['Received', ''] },
        values: [
          { type: 'counter', value: 2n ** 63n + 1n },
          { type: 'gauge', value: -3n },
        ],
      },
    });
    expect(await json(get('/api/v1/projects/default/usage'))).toEqual({
      endpoints: 1,
      reports: 0,
      bytes: 0,
      points: 0,
      auditEntries: 0,
      limits: {
        ...{
          reportsDays: 90,
          reportsPerEndpoint: 100,
          reports: 1_000_000,
          pointsDays: 400,
          points: 20_000_000,
        },
        ...{ runsDays: 30, endpointsDays: 400, auditDays: 365, auditEntries: 100_000 },
      },
    });
    const path = `/api/v1/projects/default/endpoints/${endpoint.id}/metrics`;
    expect(await json(get(`${path}/names`))).toEqual({
      items: [
        { name: 'depth', type: 'gauge', help: '' },
        { name: 'net_recv', type: 'counter', help: 'Received' },
      ],
      next: null,
    });
    expect(await json(get(`${path}/series?name=net_recv`))).toEqual({
      ...{ tier: 'raw', spanMs: 60_000 },
      lines: [
        {
          ...{ sessionId: '0'.repeat(32), labels: [['v', '4']], type: 'counter' },
          points: [
            { at: expect.any(Number), samples: 1, value: '9223372036854775809', increase: '0', fell: false },
          ],
        },
      ],
    });
    const days = await json<{ tier: string; lines: { points: unknown[] }[] }>(
      get(`${path}/series?name=depth&tier=days&from=0&points=10`),
    );
    expect(days.tier).toBe('days');
    expect(days.lines[0]?.points).toMatchObject([{ value: '-3', min: '-3', max: '-3', average: -3 }]);
    expect(await json(get(`${path}/series?name=other`))).toMatchObject({ lines: [] });
    for (const wrong of ['', 'name=x&from=-1', 'name=x&from=2&to=1', 'name=x&tier=years', 'name=x&points=0'])
      expect((await get(`${path}/series?${wrong}`)).status).toBe(400);
  });

  it('shows metrics by their full names', async () => {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, {
      type: 'put-metrics',
      sessionId: new Uint8Array(16),
      update: {
        schema: {
          items: [
            { type: 'counter', name: 'recv', prefixes: ['net', 'udp'], labels: [['v', '4']] },
            { type: 'gauge', name: 'depth', prefixes: [], labels: [] },
            { type: 'histogram', name: 'wait', prefixes: [], labels: [] },
          ],
          help: ['Received', '', ''],
        },
        values: [
          { type: 'counter', value: 2n ** 60n },
          { type: 'gauge', value: -3n },
          {
            type: 'histogram',
            buckets: [
              [0.5, 2n],
              [Number.POSITIVE_INFINITY, 3n],
            ],
            sum: 1.5,
            count: 3n,
          },
        ],
      },
    });
    const { items: sessions } = await json<{ items: { rows: unknown[] }[] }>(
      get(`/api/v1/projects/default/endpoints/${endpoint.id}/metrics`),
    );
    expect(sessions[0]?.rows).toEqual([
      {
        name: 'net_udp_recv',
        type: 'counter',
        labels: 'v=4',
        help: 'Received',
        value: (2n ** 60n).toString(),
        buckets: [],
      },
      { name: 'depth', type: 'gauge', labels: '', help: '', value: '-3', buckets: [] },
      {
        name: 'wait',
        type: 'histogram',
        labels: '',
        help: '',
        value: '3 samples, sum 1.5',
        buckets: ['≤ 0.5: 2', 'all: 3'],
      },
    ]);
  });

  it('lists endpoints by group and attributes', async () => {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'set-group', group: 'staging & more' });
    await tell(connection, { type: 'set-attributes', attributes: { region: 'a=b' } });
    const list = async (query: string) =>
      (await json<{ items: { id: string }[] }>(get(`/api/v1/projects/default/endpoints${query}`))).items;
    expect(await list('')).toMatchObject([{ group: 'staging & more', attributes: [['region', 'a=b']] }]);
    expect(await list('?group=staging%20%26%20more&attribute=region=a=b')).toMatchObject([
      { id: endpoint.id },
    ]);
    expect(await list('?group=other')).toEqual([]);
    expect(await list('?attribute=region=a')).toEqual([]);
    expect((await get('/api/v1/projects/default/endpoints?attribute=region')).status).toBe(400);
  });

  it('lists endpoints page by page, with little of each, and counts them', async () => {
    const secret = await platform.createApiSecret();
    const attributes = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`key ${at}`, `${at}`]));
    const ids: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      const endpoint = await stage.endpoint();
      await tell(await openSession(endpoint, platform, secret), { type: 'set-attributes', attributes });
      ids.push(endpoint.id);
    }
    interface Page {
      items: { id: string; attributes: unknown[]; attributeCount: number }[];
      next: string | null;
    }
    const found: string[] = [];
    for (let after = ''; ; ) {
      const page = await json<Page>(get(`/api/v1/projects/default/endpoints?limit=2${after}`));
      found.push(...page.items.map(({ id }) => id));
      expect(page.items[0]).toMatchObject({ attributeCount: 20, attributes: { length: 6 } });
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(found.toSorted()).toEqual(ids.toSorted());
    const two = await json<Page>(get(`/api/v1/projects/default/endpoints?ids=${ids[0]},${ids[2]}&sort=name`));
    expect(two.items.map(({ id }) => id)).toEqual([ids[0], ids[2]].toSorted());
    expect(await json(get('/api/v1/projects/default/fleet'))).toMatchObject({
      ...{ total: 3, online: 3, levels: { green: 0, none: 3 } },
      ...{ grants: { granted: 0, expired: 0, none: 3 }, groups: [], versions: [] },
    });
  });

  it.each([
    ['search', `search=${'x'.repeat(513)}`],
    ['search', 'search=a%00b'],
    ['search', 'search=a&search=b'],
    ['search', `search=${'a+'.repeat(17)}`],
    ['attribute', 'attribute=a=1&attribute=a=2'],
    ['ids', 'ids='],
    ['ids', 'ids=nobody'],
    ['ids', `ids=${'0'.repeat(64)}`],
    ['ids', `ids=${Array(101).fill('ab'.repeat(32)).join(',')}`],
    ['level', 'level=purple'],
    ['level', 'level='],
    ['nat', 'nat=Symmetric'],
    ['online', 'online=yes'],
    ['grant', 'grant=__proto__'],
    ['sort', 'sort=id'],
    ['limit', 'limit=0'],
    ['limit', 'limit=501'],
    ['limit', 'limit=1e2'],
    ['limit', 'limit='],
    ['after', 'after='],
    ['after', 'after=x'],
    ['after', `after=${Buffer.from('["r",1,1e400,"x"]').toString('base64url')}`],
    ['after', `after=${Buffer.from('["n","a","b"]').toString('base64url')}`],
    ['after', `sort=name&after=${Buffer.from('["r",1,1,"a"]').toString('base64url')}`],
    ['after', `sort=name&after=${Buffer.from('["n","\\u0000","b"]').toString('base64url')}`],
    ['after', `after=${Buffer.from('["r",1,1,"\\u0000"]').toString('base64url')}`],
    ['after', `after=${Buffer.from('['.repeat(300)).toString('base64url')}`],
    ['attribute', 'attribute=a'],
    ['attribute', Array(17).fill('attribute=a=b').join('&')],
    ['colour', 'colour=green'],
    ['__proto__', '__proto__=x'],
  ])('say which parameter of a list is wrong: %s in %.80s', async (name, query) => {
    const answer = await get(`/api/v1/projects/default/endpoints?${query}`);
    const { detail, errors } = await json<{ detail: string; errors: { name: string }[] }>(answer);
    expect([answer.status, detail.split(' ')[0], errors[0]?.name]).toEqual([400, name, name]);
  });

  it('go on after a name, whatever it is', async () => {
    const secret = await platform.createApiSecret();
    const names = ['\u0001'.repeat(128), '👩'.repeat(32), '"'.repeat(128), '\u202e<b>', 'İ'.repeat(64)];
    const ids: string[] = [];
    for (const name of names) {
      const endpoint = await stage.endpoint();
      await tell(await openSession(endpoint, platform, secret), { type: 'name-endpoint', name });
      ids.push(endpoint.id);
    }
    const found: string[] = [];
    for (let after = ''; ; ) {
      const page = await json<{ items: { id: string }[]; next: string | null }>(
        get(`/api/v1/projects/default/endpoints?sort=name&limit=1${after}`),
      );
      found.push(...page.items.map(({ id }) => id));
      if (page.next === null) break;
      after = `&after=${page.next}`;
    }
    expect(found.toSorted()).toEqual(ids.toSorted());
  });

  it('show the history of an endpoint page by page', async () => {
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    const report = sampleReport(endpoint.id);
    for (let count = 0; count < 3; count += 1)
      await tell(connection, { type: 'put-network-diagnostics', report });
    const path = `/api/v1/projects/default/endpoints/${endpoint.id}`;
    interface History {
      items: { id: string }[];
      next: string | null;
    }
    const { reports: whole } = await json<{ reports: History }>(get(path));
    expect([whole.items.length, whole.next]).toEqual([3, null]);
    const first = await json<History>(get(`${path}/reports?limit=2`));
    expect([first.items, first.next]).toEqual([whole.items.slice(0, 2), whole.items[1]?.id]);
    const rest = await json<History>(get(`${path}/reports?limit=2&before=${first.next}`));
    expect(rest).toEqual({ items: whole.items.slice(2), next: null });
    for (const query of ['before=x', 'before=', 'limit=0', 'limit=501'])
      expect([query, (await get(`${path}/reports?${query}`)).status]).toEqual([query, 400]);
  });

  it('tells of one endpoint alone to whoever asks for that', async () => {
    const answer = await get('/api/v1/projects/default/events?endpoint=nobody');
    expect([answer.status, await json(answer)]).toEqual([
      400,
      expect.objectContaining({ detail: 'endpoint has to be the id of an endpoint.' }),
    ]);
  });

  it('ends live streams when the platform stops', async () => {
    const events = await get('/api/v1/projects/default/events');
    const ended = events.text().catch(() => 'cut');
    await platform.stop();
    expect(await ended).toBe('cut');
  });
});
