import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import { bearer, originOf } from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let platform: Platform;
beforeAll(async () => {
  platform = await stage.platform({ dashboard: { port: 0, unsafeWithoutLogin: true } });
});
afterAll(() => stage.close());

async function ask(method: string, path: string, headers: Record<string, string> = {}, body?: object) {
  const origin = originOf(platform);
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    ...{ method, headers: { origin, ...json, ...headers } },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json().catch(() => null)) as unknown };
}

const NEW_TOKEN = { label: 'x', permissions: ['fleet:read'] };

describe('where nobody has to sign in', () => {
  it('nobody makes what lets somebody in when a login is switched on', async () => {
    const by = stage.peopleOf(platform).callers.local('test', null);
    const { users, members } = stage.peopleOf(platform);
    const { id } = await users.add(by, { name: 'Ana' });
    await members.put(by, 'default', id, 'viewer');
    for (const [method, path, body] of [
      ['POST', 'users', { name: 'Eve', isAdministrator: true }],
      ['PATCH', `users/${id}`, { isAdministrator: true }],
      ['POST', `users/${id}/link`, undefined],
      ['DELETE', `users/${id}`, undefined],
      ['POST', 'tokens', NEW_TOKEN],
      ['POST', 'projects/default/tokens', NEW_TOKEN],
      ['POST', 'projects/default/members', { name: 'Ana', role: 'admin' }],
      ['PUT', `projects/default/members/${id}`, { role: 'admin' }],
    ] as const)
      expect([path, await ask(method, path, {}, body)]).toEqual([
        path,
        {
          status: 403,
          body: expect.objectContaining({ detail: expect.stringContaining('nobody lets anybody in') }),
        },
      ]);
    const { body } = await ask('GET', 'me');
    expect(body).toMatchObject({ kind: 'anyone', isAdministrator: false, permissions: ['platform:read'] });
  });

  it('everybody does the rest, and programs of this machine do everything', async () => {
    expect(await ask('POST', 'projects/default/secrets', {}, { label: 'x' })).toMatchObject({ status: 201 });
    expect(await ask('GET', 'users')).toMatchObject({ status: 200 });
    for (const token of [platform.localToken ?? '', undefined])
      expect(await ask('POST', 'tokens', bearer(token), NEW_TOKEN)).toMatchObject({ status: 201 });
    expect(await ask('POST', 'tokens', bearer('wrong'), NEW_TOKEN)).toMatchObject({ status: 403 });
  });
});
