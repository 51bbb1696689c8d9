import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import type { Caller, People } from '../../../platform/people/index.js';
import { ADMIN, bearer, originOf, postForm } from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let platform: Platform;
let people: People;
let by: Caller;

beforeEach(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
  people = stage.peopleOf(platform);
  by = people.callers.local('test', null);
});
afterEach(() => stage.close());

/** Asks the API. @param as - headers of who asks */
async function ask(
  as: Record<string, string>,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown>; cookies: string[] }> {
  const origin = originOf(platform);
  const answer = await fetch(`${origin}/api/v1/${path}`, {
    method,
    headers: { origin, ...as, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    cookies: answer.headers.getSetCookie(),
  };
}

describe('me', () => {
  it('is who asks, with what he may, and administrators see all projects', async () => {
    const root = { cookie: await stage.signIn(platform) };
    await people.projects.add(by, { id: 'shop', name: 'The shop' });
    const { id } = await people.users.add(by, { name: 'Ana' });
    await people.members.put(by, 'shop', id, 'operator');
    const ana = { cookie: await stage.signInAs(platform, id) };
    expect((await ask(ana, 'GET', 'me')).body).toEqual({
      ...{ kind: 'user', id, name: 'Ana', isAdministrator: false, permissions: [] },
      projects: [
        {
          ...{ id: 'shop', name: 'The shop', role: 'operator' },
          permissions: ['fleet:read', 'runs:write', 'secrets:read', 'members:read'],
        },
      ],
    });
    const { body } = await ask(root, 'GET', 'me');
    expect(body).toMatchObject({
      kind: 'user',
      isAdministrator: true,
      permissions: ['platform:read', 'platform:write'],
    });
    expect((body.projects as { id: string; role: null }[]).map(({ id, role }) => [id, role])).toEqual([
      ['default', null],
      ['shop', null],
    ]);
    expect((await ask(bearer(), 'GET', 'me')).body).toMatchObject({ kind: 'local', isAdministrator: true });
    expect((await ask(ana, 'GET', 'projects')).body).toMatchObject({ items: [{ id: 'shop' }] });
  });

  it('changes its own password: other sign-ins end, and the one until now is asked for', async () => {
    await people.users.addFirst(by, ADMIN);
    const signIn = async () => {
      const { cookies } = await ask({}, 'POST', 'session', ADMIN);
      return { cookie: cookies[0]?.split(';')[0] ?? '' };
    };
    const [one, two] = [await signIn(), await signIn()];
    const { body } = await ask(one, 'GET', 'me/sign-ins');
    expect((body.items as { isCurrent: boolean; way: string }[]).map(({ way }) => way)).toEqual([
      'password',
      'password',
    ]);
    const next = 'grey clouds at night';
    expect(await ask(one, 'PUT', 'me/password', { current: 'not the password', next })).toMatchObject({
      status: 400,
      body: { errors: [{ in: 'body', name: 'current' }] },
    });
    expect(await ask(one, 'PUT', 'me/password', { current: ADMIN.password, next: 'short' })).toMatchObject({
      status: 400,
    });
    expect(await ask(one, 'PUT', 'me/password', { current: ADMIN.password, next })).toMatchObject({
      status: 204,
    });
    expect([(await ask(one, 'GET', 'me')).status, (await ask(two, 'GET', 'me')).status]).toEqual([200, 401]);
    expect((await postForm(platform, '/sign-in', ADMIN)).status).toBe(401);
    expect((await postForm(platform, '/sign-in', { ...ADMIN, password: next })).status).toBe(303);
  });

  it('guesses its own password no faster than the door lets it', async () => {
    await people.users.addFirst(by, ADMIN);
    const { cookies } = await ask({}, 'POST', 'session', ADMIN);
    const cookie = cookies[0]?.split(';')[0] ?? '';
    const guess = (at: number) =>
      ask({ cookie }, 'PUT', 'me/password', { current: `guess ${at}`, next: 'grey clouds at night' });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, at) => guess(at)));
    const codes = answers.map(({ status }) => status);
    expect([codes.filter((code) => code === 400).length, new Set(codes)]).toEqual([10, new Set([400, 429])]);
  });

  it('guesses its own password no faster from many addresses: each sign-in has its turns', async () => {
    const behind = await stage.platform({ dashboard: { port: 0, trustProxy: ['loopback'] } });
    const origin = originOf(behind);
    const there = stage.peopleOf(behind);
    await there.users.addFirst(by, ADMIN);
    const { id = '' } = (await there.users.byNameOrEmail(ADMIN.name)) ?? {};
    const [stolen, own] = [await stage.signInAs(behind, id), await stage.signInAs(behind, id)];
    // Without a link's grace, in which the password until now is not asked for.
    await stage.tablesOf(behind).updateTable('sign_ins').set({ way: 'password' }).execute();
    const put = async (cookie: string, from: string, current: string) => {
      const headers = { origin, cookie, 'x-forwarded-for': from, 'content-type': 'application/json' };
      const body = JSON.stringify({ current, next: 'grey clouds at night' });
      return (await fetch(`${origin}/api/v1/me/password`, { method: 'PUT', headers, body })).status;
    };
    const codes: number[] = [];
    for (let at = 0; at < 12; at += 1) codes.push(await put(stolen, `192.0.2.${at}`, `guess ${at}`));
    expect(codes).toEqual([...Array(10).fill(400), 429, 429]);
    // And it keeps its owner from nothing.
    expect(await put(own, '198.51.100.7', ADMIN.password)).toBe(204);
  });

  it('ends its sign-ins: one, or all others', async () => {
    const cookies = [
      await stage.signIn(platform),
      await stage.signIn(platform),
      await stage.signIn(platform),
    ];
    const [one = '', two = '', three = ''] = cookies;
    const status = async (cookie: string) => (await ask({ cookie }, 'GET', 'me')).status;
    const { body } = await ask({ cookie: two }, 'GET', 'me/sign-ins');
    const current = (body.items as { id: string; isCurrent: boolean }[]).find(({ isCurrent }) => isCurrent);
    expect((await ask({ cookie: one }, 'DELETE', `me/sign-ins/${current?.id}`)).status).toBe(204);
    expect((await ask({ cookie: one }, 'DELETE', `me/sign-ins/${current?.id}`)).status).toBe(404);
    expect([await status(one), await status(two), await status(three)]).toEqual([200, 401, 200]);
    expect((await ask({ cookie: one }, 'DELETE', 'me/sign-ins')).status).toBe(204);
    expect([await status(one), await status(three)]).toEqual([200, 401]);
    expect((await ask(bearer(), 'DELETE', 'me/sign-ins')).status).toBe(409);
  });
});

describe('users', () => {
  it('are added, changed, let in by a link, put out and removed', async () => {
    const root = { cookie: await stage.signIn(platform) };
    const added = await ask(root, 'POST', 'users', { name: 'Ana', email: 'ana@example.org' });
    expect(added).toMatchObject({ status: 201, body: { user: { name: 'Ana', hasPassword: false } } });
    const { id } = added.body.user as { id: string };
    expect(await ask(root, 'POST', 'users', { name: 'ANA' })).toMatchObject({
      status: 409,
      body: { code: 'taken', errors: [{ in: 'body', name: 'name' }] },
    });
    const link = await ask(root, 'POST', `users/${id}/link`);
    const url = new URL(String(link.body.url));
    expect([link.status, url.origin, url.pathname, url.search]).toEqual([
      201,
      originOf(platform),
      '/link',
      '',
    ]);
    const code = new URLSearchParams(url.hash.slice(1)).get('code') ?? '';
    const came = await ask({}, 'POST', 'session', { code });
    expect(came).toMatchObject({ status: 201, body: { user: { id } } });
    expect((await ask({}, 'POST', 'session', { code })).status).toBe(401);
    const ana = { cookie: came.cookies[0]?.split(';')[0] ?? '' };
    // Who came by a link has lost his password, and chooses one.
    expect((await ask(ana, 'PUT', 'me/password', { next: 'pink clouds at noon' })).status).toBe(204);
    expect((await ask(root, 'DELETE', `users/${id}/sign-ins`)).status).toBe(204);
    expect((await ask(ana, 'GET', 'me')).status).toBe(401);
    expect(await ask(root, 'PATCH', `users/${id}`, { isDisabled: true })).toMatchObject({
      body: { user: { disabledAt: expect.any(Number) } },
    });
    expect(
      (await postForm(platform, '/sign-in', { name: 'Ana', password: 'pink clouds at noon' })).status,
    ).toBe(401);
    expect((await ask(root, 'DELETE', `users/${id}`)).status).toBe(204);
    expect((await ask(root, 'DELETE', `users/${id}`)).status).toBe(404);
  });

  it('are never without an administrator', async () => {
    const root = { cookie: await stage.signIn(platform) };
    const { id } = (await ask(root, 'GET', 'me')).body as { id: string };
    for (const [method, path, body] of [
      ['PATCH', `users/${id}`, { isAdministrator: false }],
      ['PATCH', `users/${id}`, { isDisabled: true }],
      ['DELETE', `users/${id}`, undefined],
    ] as const)
      expect(await ask(root, method, path, body)).toMatchObject({
        status: 409,
        body: { code: 'last-administrator' },
      });
  });
});

describe('members and tokens of a project', () => {
  it('are given by its admins, and a token may no more than who made it', async () => {
    await people.projects.add(by, { id: 'shop' });
    const { id } = await people.users.add(by, { name: 'Ana' });
    await people.members.put(by, 'shop', id, 'admin');
    await people.users.add(by, { name: 'Ben', email: 'ben@example.org' });
    const ana = { cookie: await stage.signInAs(platform, id) };
    expect(
      (await ask(ana, 'POST', 'projects/shop/members', { name: 'ben@example.org', role: 'viewer' })).status,
    ).toBe(201);
    expect(await ask(ana, 'POST', 'projects/shop/members', { name: 'nobody', role: 'viewer' })).toMatchObject(
      {
        status: 404,
        body: { errors: [{ in: 'body', name: 'name' }] },
      },
    );
    expect((await ask(ana, 'GET', 'projects/shop/members')).body).toMatchObject({
      items: [{ name: 'Ana', role: 'admin', source: 'local', isDisabled: false }, { name: 'Ben' }],
    });
    const make = (body: object) => ask(ana, 'POST', 'projects/shop/tokens', { label: 'ci', ...body });
    expect(await make({ permissions: ['platform:write'] })).toMatchObject({ status: 400 });
    expect(await make({ permissions: ['fleet:read'], expiresAt: null })).toMatchObject({ status: 403 });
    const { status, body } = await make({ permissions: ['fleet:read'] });
    expect([status, body.text]).toEqual([201, expect.stringMatching(/^irohplat_[0-9a-f]{16}_[\w-]{43}$/)]);
    const token = bearer(String(body.text));
    expect((await ask(token, 'GET', 'projects/shop/fleet')).status).toBe(200);
    expect(await ask(token, 'GET', 'projects/shop/tokens')).toMatchObject({
      status: 403,
      body: { detail: 'This token has not the permission tokens:read.' },
    });
    expect((await ask(ana, 'GET', 'projects/shop/tokens')).body).toMatchObject({
      items: [
        {
          ...{ label: 'ci', createdBy: { kind: 'user', id, name: 'Ana' }, isOwnerOut: false },
          ...{ revokedAt: null, lastUsedAt: expect.any(Number) },
        },
      ],
    });
    const tokenId = (body.token as { id: string }).id;
    expect((await ask(ana, 'DELETE', `projects/shop/tokens/${tokenId}`)).status).toBe(204);
    expect((await ask(token, 'GET', 'projects/shop/fleet')).status).toBe(401);
    const audit = await ask(ana, 'GET', 'projects/shop/audit');
    expect((audit.body.items as { action: string }[]).map(({ action }) => action)).toEqual([
      ...['token.revoked', 'token.made', 'member.added', 'member.added', 'project.added'],
    ]);
    expect((await ask(ana, 'GET', 'projects/shop/audit?action=token.made')).body.items).toHaveLength(1);
  });
});

describe('what only some may know', () => {
  it('are the e-mail addresses of members: who may change members, and no viewer', async () => {
    await people.projects.add(by, { id: 'shop' });
    const cookies: Record<string, string> = {};
    for (const role of ['viewer', 'operator', 'admin']) {
      const { id } = await people.users.add(by, { name: role, email: `${role}@example.org` });
      await people.members.put(by, 'shop', id, role);
      cookies[role] = await stage.signInAs(platform, id);
    }
    const { text } = await people.apiTokens.make(by, {
      ...{ project: 'shop', label: 'x', permissions: ['members:read'] },
    });
    const emails = async (as: Record<string, string>) => {
      const { body } = await ask(as, 'GET', 'projects/shop/members');
      const items = body.items as { name: string; email?: string }[];
      expect(items.map(({ name }) => name)).toEqual(['admin', 'operator', 'viewer']);
      return items.map(({ email }) => email);
    };
    for (const as of [{ cookie: cookies.viewer ?? '' }, { cookie: cookies.operator ?? '' }, bearer(text)])
      expect(await emails(as)).toEqual([undefined, undefined, undefined]);
    const all = ['admin@example.org', 'operator@example.org', 'viewer@example.org'];
    for (const as of [{ cookie: cookies.admin ?? '' }, { cookie: await stage.signIn(platform) }, bearer()])
      expect(await emails(as)).toEqual(all);
  });

  it('are the identities that a process holds: who watches over the platform', async () => {
    const { id } = await people.users.add(by, { name: 'Ana' });
    await people.members.put(by, 'default', id, 'admin');
    const ana = { cookie: await stage.signInAs(platform, id) };
    const about = { id: platform.id, version: expect.any(String) };
    expect((await ask(ana, 'GET', 'platform')).body).toEqual(about);
    expect((await ask(bearer(), 'GET', 'platform')).body).toEqual({ ...about, held: [platform.id] });
  });
});

describe('what is done to secrets', () => {
  it('is written down, with who did it', async () => {
    const root = { cookie: await stage.signIn(platform) };
    const made = await ask(root, 'POST', 'projects/default/secrets', { label: 'ci' });
    const keyId = String(made.body.keyId);
    expect((await ask(bearer(), 'POST', `projects/default/secrets/${keyId}/revoke`)).status).toBe(200);
    const { body } = await ask(root, 'GET', 'projects/default/audit');
    expect(body.items).toMatchObject([
      { action: 'secret.revoked', target: keyId, actor: { kind: 'local' }, address: '127.0.0.1' },
      {
        action: 'secret.made',
        target: keyId,
        actor: { kind: 'user', name: 'Root' },
        detail: { label: 'ci' },
      },
    ]);
    expect(JSON.stringify(body)).not.toContain(String(made.body.secret));
  });
});

describe('the ways to sign in', () => {
  it('are told to everybody', async () => {
    const ways = () => ask({}, 'GET', 'session/ways');
    const usual = { isNeeded: true, password: true, oidc: null };
    expect((await ways()).body).toEqual({ ...usual, setUp: true });
    await stage.signIn(platform);
    expect((await ways()).body).toEqual({ ...usual, setUp: false });
  });
});
