import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import { PROJECT_PERMISSIONS } from '../../../platform/people/index.js';
import type { GuardedRoute } from '../../../platform/server/doors/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { openSession, Stage, sampleReport, tell } from '../stage.js';

/** A member, and a token, of one project ask for another one: whatever they send, it is as if it did not exist. */
const stage = new Stage();
const routes: GuardedRoute[] = [];
let platform: Platform;
const real: Record<string, string> = {};
const callers: Record<string, Record<string, string>> = {};

beforeAll(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } }, (route) => routes.push(route));
  const people = stage.peopleOf(platform);
  const by = people.callers.local('test', null);
  await people.projects.add(by, { id: 'other' });
  const { id } = await people.users.add(by, { name: 'Stranger' });
  await people.members.put(by, 'other', id, 'admin');
  callers.member = { cookie: await stage.signInAs(platform, id) };
  const made = await people.apiTokens.make(by, {
    project: 'other',
    label: 'x',
    permissions: PROJECT_PERMISSIONS,
  });
  callers.token = bearer(made.text);
  // The project `default` has one of each.
  const endpoint = await stage.clientHost({
    onRun: async () => ({ ok: true, value: sampleReport(endpoint.id) }),
  });
  const secret = await platform.createApiSecret('ci');
  const connection = await openSession(endpoint, platform, secret);
  await tell(connection, { type: 'name-endpoint', name: 'gate' });
  await tell(connection, { type: 'put-report', report: sampleReport(endpoint.id) } as never).catch(() => {});
  const member = await people.users.add(by, { name: 'Member' });
  await people.members.put(by, 'default', member.id, 'viewer');
  const token = await people.apiTokens.make(by, {
    project: 'default',
    label: 'x',
    permissions: ['fleet:read'],
  });
  Object.assign(real, {
    endpoint: endpoint.id,
    id: endpoint.id,
    secret: secret.keyId,
    user: member.id,
    token: token.token.id,
  });
});
afterAll(() => stage.close());

/** Ids of the right form that nothing has. */
const none: Readonly<Record<string, string>> = {
  ...{
    endpoint: 'a'.repeat(64),
    id: 'a'.repeat(64),
    secret: 'b'.repeat(64),
    user: 'a'.repeat(24),
    token: 'a'.repeat(16),
  },
  ...{ run: '00000000-0000-4000-8000-000000000000', report: 'a'.repeat(20) },
};

interface Answer {
  status: number | undefined;
  headers: Record<string, unknown>;
  text: string;
}

function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  const { hostname, port, origin } = new URL(originOf(platform));
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const sent = rawRequest(
      { hostname, port, path, method, headers: { origin, ...length, ...headers } },
      (response) => {
        const { date: _date, 'x-request-id': _id, 'content-length': _length, ...rest } = response.headers;
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          // The id of the request is another one each time.
          text = text.replace(/"requestId":"[^"]*"/, '"requestId":""');
          resolve({ status: response.statusCode, headers: rest, text });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The paths of a route, with these values. */
function pathOf(url: string, project: string, values: Readonly<Record<string, string>>): string {
  const plain = url.replaceAll(/\([^)]*\)/g, '').replace(':project', project);
  return plain.replaceAll(/:([A-Za-z]+)/g, (_, name: string) => values[name] ?? none[name] ?? '');
}

function ofProjects(): GuardedRoute[] {
  const all = routes.filter(({ method, url }) => url.includes('/:project') && method !== 'HEAD');
  expect(all.length).toBeGreaterThan(25);
  return all;
}

describe('a project of others', () => {
  it('is answered, whatever is asked, with the bytes of one that does not exist', async () => {
    for (const { method, url } of ofProjects()) {
      for (const [name, headers] of Object.entries(callers)) {
        for (const [values, body, more] of [
          [real, undefined, {}],
          [none, undefined, {}],
          [
            real,
            '{"label":"x","role":"admin","name":"Stranger","permissions":["fleet:read"]}',
            { 'content-type': 'application/json' },
          ],
          [real, '{', { 'content-type': 'application/json' }],
          [real, undefined, { 'if-none-match': '*' }],
        ] as const) {
          const send = (project: string) =>
            ask(method, pathOf(url, project, values), { ...headers, ...more }, body);
          const [theirs, nowhere] = [await send('default'), await send('nowhere')];
          expect([name, method, url, theirs]).toEqual([name, method, url, nowhere]);
          expect([method, url, theirs.status]).toEqual([method, url, 404]);
        }
      }
    }
  });

  it('has no other methods either, and no other spelling of its name', async () => {
    const headers = callers.member ?? {};
    for (const method of ['OPTIONS', 'PATCH', 'PUT', 'HEAD']) {
      const send = (project: string) => ask(method, `/api/v1/projects/${project}/fleet`, headers);
      expect([method, await send('default')]).toEqual([method, await send('nowhere')]);
    }
    for (const spelling of [
      'Default',
      'default%20',
      '%64efault',
      'default%00',
      'other/../default',
      'other%2f..%2fdefault',
      'default/.',
      '.',
      '..',
    ]) {
      const { status, text } = await ask('GET', `/api/v1/projects/${spelling}/fleet`, headers);
      expect([spelling, status, text.includes('"total"')]).toEqual([spelling, 404, false]);
    }
  });

  it('lends its things to nobody: under the own project they are as unknown as what does not exist', async () => {
    for (const { method, url } of ofProjects()) {
      const given = Object.keys(real).filter((name) => url.includes(`:${name}`));
      if (given.length === 0) continue;
      // To make a user of the platform a member of one's own project is what admins do.
      if (method === 'PUT' && url.includes('/members/:user')) continue;
      const body = method === 'PUT' || method === 'POST' ? '{"role":"viewer"}' : undefined;
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const send = (values: Readonly<Record<string, string>>) =>
        ask(method, pathOf(url, 'other', values), { ...callers.member, ...type }, body);
      const [theirs, unknown] = [await send(real), await send(none)];
      const plain = (answer: Answer) => {
        let { text } = answer;
        for (const [name, value] of [...Object.entries(real), ...Object.entries(none)])
          text = text.replaceAll(value, name);
        return { ...answer, text, headers: { ...answer.headers, etag: undefined } };
      };
      expect([method, url, plain(theirs)]).toEqual([method, url, plain(unknown)]);
    }
    const people = stage.peopleOf(platform);
    expect((await people.apiTokens.list('default')).every(({ revokedAt }) => revokedAt === null)).toBe(true);
    expect((await platform.apiSecrets()).every(({ revokedAt }) => revokedAt === null)).toBe(true);
    expect(await people.members.list('default')).toHaveLength(1);
  });

  it('tells nothing in the events of the own project', async () => {
    const aborter = new AbortController();
    const answer = await fetch(`${originOf(platform)}/api/v1/projects/other/events`, {
      headers: callers.member ?? {},
      signal: aborter.signal,
    });
    let text = '';
    void (async () => {
      for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
    })().catch(() => {});
    const endpoint = await stage.endpoint();
    const connection = await openSession(endpoint, platform, await platform.createApiSecret());
    await tell(connection, { type: 'name-endpoint', name: 'other gate' });
    await new Promise((resolve) => setTimeout(resolve, 600));
    aborter.abort();
    expect(text).toBe('retry: 1000\n\n');
  });

  it('is in no list, and in nothing that is about oneself', async () => {
    for (const path of ['/api/v1/me', '/api/v1/projects', '/api/v1/platform', '/api/v1/session/ways']) {
      const { text } = await ask('GET', path, callers.member ?? {});
      expect([path, text.includes('"default"')]).toEqual([path, false]);
    }
  });
});
