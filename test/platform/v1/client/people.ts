/** The part of the walk that is about people: accounts, projects, members, tokens, and who did what. */
import { expect } from 'vitest';
import { type Client, done, good } from './walk.js';

/** @param setUpCode - the first account is made by it */
export async function walkPeople(api: Client, origin: string, setUpCode: string): Promise<void> {
  const { GET, POST, PUT, PATCH, DELETE } = api;
  const password = 'pink clouds at noon';
  expect(await good(GET('/api/v1/session/ways'))).toMatchObject({ setUp: true });
  await good(
    POST('/api/v1/setup', { body: { code: setUpCode, name: 'Root', password }, headers: { origin } }),
  );
  const signInAs = async (body: { name: string; password: string } | { code: string }) => {
    const answer = await POST('/api/v1/session', { body, headers: { origin } });
    await good(Promise.resolve(answer));
    const [cookie = ''] = (answer.response.headers.get('set-cookie') ?? '').split(';');
    return { headers: { cookie, origin } };
  };
  const root = await signInAs({ name: 'Root', password });
  const me = await good(GET('/api/v1/me', root));
  expect([me.kind, me.isAdministrator]).toEqual(['user', true]);
  await done(
    PUT('/api/v1/me/password', { ...root, body: { current: password, next: 'grey rain at night' } }),
  );
  const { items: signIns } = await good(GET('/api/v1/me/sign-ins', root));
  expect(signIns.map(({ isCurrent }) => isCurrent)).toEqual([true]);
  await done(DELETE('/api/v1/me/sign-ins', root));

  const { user: ana } = await good(
    POST('/api/v1/users', { ...root, body: { name: 'Ana', email: 'ana@example.org' } }),
  );
  const ofAna = { params: { path: { user: ana.id } } };
  const { url } = await good(POST('/api/v1/users/{user}/link', { ...root, ...ofAna }));
  const anaHere = await signInAs({ code: new URLSearchParams(new URL(url).hash.slice(1)).get('code') ?? '' });
  const [own] = (await good(GET('/api/v1/me/sign-ins', anaHere))).items;
  const renamed = await good(PATCH('/api/v1/users/{user}', { ...root, ...ofAna, body: { name: 'Ana Lys' } }));
  expect(renamed.user.name).toBe('Ana Lys');
  const users = await good(GET('/api/v1/users', { ...root, params: { query: { search: 'ana', limit: 5 } } }));
  expect(users.items.map(({ id }) => id)).toEqual([ana.id]);

  await good(POST('/api/v1/projects', { ...root, body: { id: 'shop', name: 'The shop' } }));
  const inShop = { params: { path: { project: 'shop' } } };
  await good(PATCH('/api/v1/projects/{project}', { ...root, ...inShop, body: { name: 'Shop' } }));
  expect((await good(GET('/api/v1/projects/{project}', { ...root, ...inShop }))).project.name).toBe('Shop');
  await good(
    POST('/api/v1/projects/{project}/members', {
      ...root,
      ...inShop,
      body: { name: 'ana@example.org', role: 'viewer' },
    }),
  );
  const anaInShop = { params: { path: { project: 'shop', user: ana.id } } };
  await done(
    PUT('/api/v1/projects/{project}/members/{user}', { ...root, ...anaInShop, body: { role: 'operator' } }),
  );
  const members = await good(GET('/api/v1/projects/{project}/members', { ...anaHere, ...inShop }));
  expect(members.items.map(({ name, role }) => [name, role])).toEqual([['Ana Lys', 'operator']]);
  expect((await good(GET('/api/v1/projects', anaHere))).items.map(({ id }) => id)).toEqual(['shop']);

  const made = await good(
    POST('/api/v1/projects/{project}/tokens', {
      ...root,
      ...inShop,
      body: { label: 'ci', permissions: ['fleet:read'] },
    }),
  );
  const token = made.token.id;
  const byToken = { headers: { authorization: `Bearer ${made.text}` } };
  expect((await good(GET('/api/v1/projects/{project}/fleet', { ...byToken, ...inShop }))).total).toBe(0);
  const other = await GET('/api/v1/projects/{project}/fleet', {
    ...byToken,
    params: { path: { project: 'default' } },
  });
  expect(other.response.status).toBe(404);
  expect((await good(GET('/api/v1/projects/{project}/tokens', { ...root, ...inShop }))).items).toHaveLength(
    1,
  );
  await done(
    DELETE('/api/v1/projects/{project}/tokens/{token}', {
      ...root,
      params: { path: { project: 'shop', token } },
    }),
  );
  const ofPlatform = await good(
    POST('/api/v1/tokens', {
      ...root,
      body: { label: 'metrics', permissions: ['platform:read'], expiresAt: null },
    }),
  );
  expect((await good(GET('/api/v1/tokens', root))).items.map(({ label }) => label)).toEqual(['metrics']);
  await done(DELETE('/api/v1/tokens/{token}', { ...root, params: { path: { token: ofPlatform.token.id } } }));

  const inProject = await good(GET('/api/v1/projects/{project}/audit', { ...root, ...inShop }));
  expect(new Set(inProject.items.map(({ project }) => project))).toEqual(new Set(['shop']));
  const all = await good(GET('/api/v1/audit', { ...root, params: { query: { limit: 3 } } }));
  expect([all.items.length, typeof all.next]).toEqual([3, 'string']);

  await done(DELETE('/api/v1/projects/{project}/members/{user}', { ...root, ...anaInShop }));
  await done(DELETE('/api/v1/projects/{project}', { ...root, ...inShop }));
  await done(
    DELETE('/api/v1/me/sign-ins/{signIn}', { ...anaHere, params: { path: { signIn: own?.id ?? '' } } }),
  );
  expect((await GET('/api/v1/me', anaHere)).error?.code).toBe('not-signed-in');
  await done(DELETE('/api/v1/users/{user}/sign-ins', { ...root, ...ofAna }));
  await done(DELETE('/api/v1/users/{user}', { ...root, ...ofAna }));
  await done(DELETE('/api/v1/session', root));
}
