import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { grantToken, openSession, Stage, tell } from '../stage.js';

const stage = new Stage();
let platform: Platform;
beforeEach(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
});
afterEach(() => stage.close());

const ask = (
  path: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: object; body?: string } = {},
) =>
  fetch(`${originOf(platform)}/api/v1/${path}`, {
    method,
    headers: { ...bearer(), ...headers },
    ...(body === undefined ? {} : { body }),
  });
const FLEET = 'projects/default/fleet';

describe('an unchanged answer', () => {
  it.each([
    ['weak, where it changes', FLEET, /^W\/"[\w-]{27}"$/],
    ['strong, where it does not', 'openapi.json', /^"[\w-]{27}"$/],
  ])('is not sent again to whoever has it: %s', async (_, path, form) => {
    const first = await ask(path);
    const tag = first.headers.get('etag') ?? '';
    expect(tag).toMatch(form);
    const opaque = tag.replace('W/', '');
    for (const match of [tag, opaque, `W/${opaque}`, `"x", ${tag}`, '*', `"a",W/"b" , ${tag} `]) {
      const again = await ask(path, { headers: { 'if-none-match': match } });
      expect([match, again.status, await again.text(), again.headers.get('etag')]).toEqual([
        match,
        304,
        '',
        tag,
      ]);
    }
    for (const match of ['"x"', opaque.slice(0, -1), '', 'W/*', `${opaque}x`]) {
      const again = await ask(path, { headers: { 'if-none-match': match } });
      expect([match, again.status]).toEqual([match, 200]);
    }
    const head = await ask(path, { method: 'HEAD', headers: { 'if-none-match': tag } });
    expect([head.status, head.headers.get('etag')]).toEqual([304, tag]);
  });

  it('is another one when something has changed, and a refusal has no tag', async () => {
    const secrets = 'projects/default/secrets';
    const before = (await ask(secrets)).headers.get('etag') ?? '';
    await platform.createApiSecret();
    const after = await ask(secrets, { headers: { 'if-none-match': before } });
    expect([after.status, after.headers.get('etag') === before]).toEqual([200, false]);
    expect((await ask(`projects/default/reports/${'a'.repeat(20)}`)).headers.get('etag')).toBeNull();
  });
});

describe('a refusal', () => {
  it.each([
    ['a method that is not there', FLEET, { method: 'PUT' }, 405, 'method-not-allowed'],
    ['a path that is not there', 'nothing', {}, 404, 'not-found'],
    ['a project that is not there', 'projects/none/fleet', {}, 404, 'not-found'],
    ['no token', FLEET, { headers: { authorization: '' } }, 401, 'not-signed-in'],
    [
      'another site',
      FLEET,
      { method: 'POST', headers: { authorization: '', origin: 'http://evil.test' } },
      403,
      'not-allowed',
    ],
    [
      'a body of another type',
      'projects/default/secrets',
      { method: 'POST', body: 'a=b', headers: { 'content-type': 'text/plain' } },
      415,
      'unsupported-media-type',
    ],
    [
      'a body that is too large',
      'projects/default/secrets',
      { method: 'POST', body: `"${'x'.repeat(17_000)}"`, headers: { 'content-type': 'application/json' } },
      413,
      'too-large',
    ],
    [
      'a body that is none',
      'projects/default/secrets',
      { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } },
      400,
      'invalid-request',
    ],
  ] as const)(
    'is a problem with a code, and the id that the log has: %s',
    async (_, path, options, status, code) => {
      const answer = await ask(path, options);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        status,
        'application/problem+json; charset=utf-8',
      ]);
      const problem = (await answer.json()) as Record<string, unknown>;
      expect(problem).toMatchObject({
        type: 'about:blank',
        status,
        code,
        detail: expect.stringMatching(/^[A-Z].*\.$/),
      });
      expect(problem.requestId).toBe(answer.headers.get('x-request-id'));
      if (status === 405) expect(answer.headers.get('allow')).toBe('GET, HEAD');
    },
  );

  it('is a problem however the path is spelled, and no sign-in page', async () => {
    for (const path of ['/api/v1/me', '/%61pi/v1/me', '/api/v%31/projects/default/fleet', '/%6detrics']) {
      const answer = await fetch(originOf(platform) + path);
      expect([path, answer.status, answer.headers.get('content-type')]).toEqual([
        ...[path, 401, 'application/problem+json; charset=utf-8'],
      ]);
    }
  });

  it('names everything that is wrong at once, in words', async () => {
    const { detail, errors } = (await (
      await ask('projects/default/endpoints?limit=0&level=pink&online=maybe&limits=5')
    ).json()) as { detail: string; errors: { in: string; name: string; detail: string }[] };
    expect(errors.map(({ detail }) => detail)).toEqual(
      expect.arrayContaining([
        'limit has to be a whole number from 1 to 500.',
        'level has to be green, orange, red, grey or none.',
        'online has to be true or false.',
        expect.stringMatching(/^limits is no parameter: search, name, .* are\.$/),
      ]),
    );
    expect(detail).toBe(errors.map((error) => error.detail).join(' '));
  });
});

describe('a run', () => {
  it('is ended by DELETE, and stays to be read; another project has none of it', async () => {
    const endpoint = await stage.clientHost({ onRun: () => new Promise(() => {}) });
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'grant-cap', token: grantToken(endpoint, platform) });
    const shop = { method: 'POST', body: '{"id":"shop"}', headers: { 'content-type': 'application/json' } };
    expect((await ask('projects', shop)).status).toBe(201);
    const runs = `projects/default/endpoints/${endpoint.id}/runs`;
    const begun = await ask(runs, { method: 'POST' });
    const { id } = (await begun.json()) as { id: string };
    const read = async () =>
      (await (await ask(`${runs}/${id}`)).json()) as { phase: string; failure: object | null };
    await until(async () => (await read()).phase === 'running');
    const elsewhere = `${runs.replace('default', 'shop')}/${id}`;
    expect((await ask(elsewhere)).status).toBe(404);
    expect((await ask(elsewhere, { method: 'DELETE' })).status).toBe(404);
    const again = await ask(runs, { method: 'POST' });
    expect([again.status, await again.json()]).toMatchObject([409, { code: 'button-grey' }]);
    expect((await ask(`${runs}/${id}`, { method: 'DELETE' })).status).toBe(202);
    await until(async () => (await read()).phase === 'failed');
    expect((await read()).failure).toMatchObject({ kind: 'cancelled' });
    expect((await ask(`${runs}/${id}`, { method: 'DELETE' })).status).toBe(409);
  });
});
