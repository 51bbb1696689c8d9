import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import type { Caller, People } from '../../../platform/people/index.js';
import { StreamRights } from '../../../platform/server/doors/stream-rights.js';
import { bearer, originOf, postForm, TOKEN } from '../../support/dashboard-door.js';
import { until } from '../../support/fake-time.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let platform: Platform;
let people: People;
let by: Caller;
const opened: AbortController[] = [];

beforeEach(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
  people = stage.peopleOf(platform);
  by = people.callers.local('test', null);
  await people.users.addFirst(by, { name: 'Root' });
});
afterEach(async () => {
  for (const one of opened.splice(0)) one.abort();
  await stage.close();
});

/** Follows the events of a project. `hasEnded`: the platform has ended the answer. */
async function follow(headers: Record<string, string>, project = 'default') {
  const aborter = new AbortController();
  opened.push(aborter);
  const answer = await fetch(`${originOf(platform)}/api/v1/projects/${project}/events`, {
    headers,
    signal: aborter.signal,
  });
  const stream = { status: answer.status, hasEnded: false, text: '' };
  void answer.text().then(
    (text) => Object.assign(stream, { hasEnded: true, text }),
    () => {},
  );
  return stream;
}

async function viewer(name = 'Vera') {
  const { id } = await people.users.add(by, { name });
  await people.members.put(by, 'default', id, 'viewer');
  return { id, cookie: await stage.signInAs(platform, id) };
}

/** Through the API, as it is in the same process. */
async function change(method: string, path: string, body?: object): Promise<void> {
  const { status } = await fetch(`${originOf(platform)}/api/v1/${path}`, {
    method,
    headers: { ...bearer(TOKEN), ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect([path, status]).toEqual([path, expect.toSatisfy((code: number) => code >= 200 && code < 300)]);
}

describe('a live stream ends at once', () => {
  it('with the sign-in, and those of other sign-ins and users go on', async () => {
    const [one, other] = [await viewer('Vera'), await viewer('Otto')];
    const again = await stage.signInAs(platform, one.id);
    const streams = [
      await follow({ cookie: one.cookie }),
      await follow({ cookie: again }),
      await follow({ cookie: other.cookie }),
      await follow(bearer()),
    ];
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await postForm(platform, '/sign-out', {}, { cookie: one.cookie });
    await until(() => streams[0]?.hasEnded === true, 1_000);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(streams.map(({ hasEnded }) => hasEnded)).toEqual([true, false, false, false]);
  });

  it.each([
    ['who is no member any more', (id: string) => change('DELETE', `projects/default/members/${id}`)],
    ['who is disabled', (id: string) => change('PATCH', `users/${id}`, { isDisabled: true })],
    ['who is removed', (id: string) => change('DELETE', `users/${id}`)],
    ['who is signed out by an administrator', (id: string) => change('DELETE', `users/${id}/sign-ins`)],
  ])('for %s', async (_name, act) => {
    const { id, cookie } = await viewer();
    const stream = await follow({ cookie });
    await act(id);
    await until(() => stream.hasEnded, 1_000);
    expect((await follow({ cookie })).status).not.toBe(200);
  });

  it('with a token that is revoked', async () => {
    const { text, token } = await people.apiTokens.make(by, {
      ...{ project: 'default', label: 'ci', permissions: ['fleet:read'] },
    });
    const stream = await follow(bearer(text));
    expect(stream.status).toBe(200);
    await change('DELETE', `projects/default/tokens/${token.id}`);
    await until(() => stream.hasEnded, 1_000);
  });

  it('with a project that is removed', async () => {
    await change('POST', 'projects', { id: 'shop' });
    const { id } = await people.users.add(by, { name: 'Vera' });
    await people.members.put(by, 'shop', id, 'viewer');
    const stream = await follow({ cookie: await stage.signInAs(platform, id) }, 'shop');
    const administrators = await follow(bearer(), 'shop');
    expect([stream.status, administrators.status]).toEqual([200, 200]);
    await change('DELETE', 'projects/shop');
    await until(() => stream.hasEnded, 1_000);
    await until(() => administrators.hasEnded, 1_000);
  });

  it('when it is one too many of one caller, and takes nothing from another', async () => {
    const [one, other] = [await viewer('Vera'), await viewer('Otto')];
    const bystander = await follow({ cookie: other.cookie });
    const streams: { hasEnded: boolean }[] = [];
    for (let at = 0; at < 20; at += 1) streams.push(await follow({ cookie: one.cookie }));
    await until(() => streams.filter(({ hasEnded }) => hasEnded).length === 4, 2_000);
    expect(streams.slice(0, 4).every(({ hasEnded }) => hasEnded)).toBe(true);
    expect(bystander.hasEnded).toBe(false);
  });
});

describe('the rights of live streams', () => {
  const caller = {
    kind: 'user',
    id: 'a',
    signInId: 's',
    projects: ['default'],
    may: () => true,
  } as unknown as Caller;
  const response = { once: () => {} } as never;

  it('are looked at again without news, and kept as they are while the database is away', async () => {
    let now: () => Promise<Caller | null> = async () => caller;
    let ended = 0;
    const rights = new StreamRights(
      { again: () => now(), onAccess: () => () => {}, hasProject: async () => true },
      20,
    );
    rights.add({ end: () => (ended += 1) }, response, { caller, project: 'default' });
    now = async () => {
      throw new Error('away');
    };
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ended).toBe(0);
    now = async () => null;
    await until(() => ended === 1, 1_000);
    rights.close();
  });

  it('that were lost between the request and the stream are noticed', async () => {
    let ended = 0;
    const rights = new StreamRights(
      { again: async () => null, onAccess: () => () => {}, hasProject: async () => true },
      60_000,
    );
    rights.add({ end: () => (ended += 1) }, response, { caller, project: 'default' });
    await until(() => ended === 1, 1_000);
    rights.close();
  });
});
