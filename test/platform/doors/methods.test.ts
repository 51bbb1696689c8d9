import { request as rawRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let platform: Platform;
let cookie: string;
beforeAll(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
  cookie = await stage.signIn(platform);
});
afterAll(() => stage.close());

/** By hand: fetch sends an origin of its own, and knows not all methods. */
function ask(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): Promise<{ status: number; allow: string | undefined; code: unknown }> {
  const { hostname, port } = new URL(originOf(platform));
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = rawRequest(
      { hostname, port, path, method, headers: { ...length, ...headers } },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += chunk;
        const { code } = text.startsWith('{') ? (JSON.parse(text) as { code: unknown }) : { code: null };
        resolve({ status: response.statusCode ?? 0, allow: response.headers.allow, code });
      },
    );
    asked.on('error', reject).end(body);
  });
}

const SECRETS = '/api/v1/projects/default/secrets';
const METHODS = ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'OPTIONS', 'TRACE'];

describe('a request that does not say who asks, nor where it comes from', () => {
  it.each(METHODS)('by %s is one of nobody: 401, as a read is', async (method) => {
    expect(await ask('GET', SECRETS)).toMatchObject({ status: 401, code: 'not-signed-in' });
    expect(await ask(method, SECRETS)).toMatchObject({ status: 401, code: 'not-signed-in' });
    // A cookie that is void is none.
    const old = { cookie: `${cookie.split('=')[0]}=${'x'.repeat(43)}` };
    expect(await ask(method, SECRETS, old)).toMatchObject({ status: 401 });
  });

  it.each(METHODS)('by %s is refused with the cookie of somebody, and from another site', async (method) => {
    expect(await ask(method, SECRETS, { cookie })).toMatchObject({ status: 403, code: 'not-allowed' });
    for (const from of [{ origin: 'http://evil.test' }, { 'sec-fetch-site': 'cross-site' }])
      for (const who of [{}, { cookie }])
        expect(await ask(method, SECRETS, { ...from, ...who } as Record<string, string>)).toMatchObject({
          status: 403,
        });
  });

  it('signs nobody in or out, where nobody has to be known', async () => {
    for (const path of ['/sign-in', '/sign-out', '/setup', '/link', '/api/v1/session'])
      expect([path, (await ask('POST', path)).status]).toEqual([path, 403]);
  });

  it('finds nothing where nothing is, whatever it is', async () => {
    for (const method of ['GET', ...METHODS])
      expect([method, (await ask(method, '/api/v1/nothing')).status]).toEqual([method, 404]);
  });
});

describe('a method that a path has not', () => {
  const bodies: readonly (readonly [Record<string, string>, string])[] = [
    [{}, ''],
    [{ 'content-type': 'text/plain' }, 'x'],
    [{ 'content-type': 'application/json' }, '{'],
    [{ 'content-type': 'nonsense' }, 'x'],
    [{ 'content-type': 'application/json' }, `"${'x'.repeat(20_000)}"`],
  ];

  it.each(['PUT', 'PATCH', 'DELETE', 'QUERY', 'OPTIONS', 'TRACE'])(
    '%s is 405 with those that it has, whatever the body',
    async (method) => {
      for (const path of [SECRETS, '/metrics', '/sign-in', '/account', '/assets/none.js', '/livez'])
        for (const [headers, body] of bodies) {
          if (method === 'TRACE' && body !== '') continue;
          const { status, allow } = await ask(method, path, { ...bearer(), ...headers }, body);
          expect([method, path, headers, status]).toEqual([method, path, headers, 405]);
          expect(allow).toMatch(/^(GET|POST)/);
        }
    },
  );

  it('is told to nobody who may not know the path', async () => {
    expect(await ask('QUERY', '/api/v1/projects/none/secrets', bearer())).toMatchObject({ status: 404 });
    expect(await ask('QUERY', SECRETS)).toMatchObject({ status: 401, allow: undefined });
  });

  it('of another protocol than ours is found nowhere, and breaks nothing', async () => {
    for (const method of ['PROPFIND', 'PURGE', 'M-SEARCH', 'LINK'])
      expect([method, (await ask(method, SECRETS, bearer())).status]).toEqual([method, 404]);
    const { hostname, port } = new URL(originOf(platform));
    const answers = await Promise.all(
      [
        'OPTIONS * HTTP/1.1',
        'CONNECT evil.test:443 HTTP/1.1',
        'GET http://evil.test/ HTTP/1.1',
        'BREW / HTTP/1.1',
      ].map(
        (line) =>
          new Promise<string>((resolve) => {
            let told = '';
            const socket = connect({ host: hostname, port: Number(port) }, () => {
              socket.write(`${line}\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`);
            });
            socket.on('data', (data) => {
              told += data;
            });
            socket.on('close', () => resolve(told.split('\r\n')[0] ?? ''));
            socket.on('error', () => {});
          }),
      ),
    );
    expect(answers).toEqual([
      expect.stringMatching(/^HTTP\/1\.1 4\d\d/),
      '',
      expect.stringMatching(/^HTTP\/1\.1 4\d\d/),
      expect.stringMatching(/^HTTP\/1\.1 400/),
    ]);
    expect(await ask('GET', SECRETS, bearer())).toMatchObject({ status: 200 });
  });
});
