import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import type { Caller, People } from '../../../platform/people/index.js';
import { StreamRights } from '../../../platform/server/doors/stream-rights.js';
import { LiveProjects } from '../../../platform/server/live-projects.js';
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

  it('when it is one too many of one user, in however many browsers he is signed in', async () => {
    const [one, other] = [await viewer('Vera'), await viewer('Otto')];
    const bystander = await follow({ cookie: other.cookie });
    const streams: { hasEnded: boolean }[] = [];
    for (const cookie of [one.cookie, await stage.signInAs(platform, one.id)])
      for (let at = 0; at < 10; at += 1) streams.push(await follow({ cookie }));
    await until(() => streams.filter(({ hasEnded }) => hasEnded).length === 4, 2_000);
    expect(streams.slice(0, 4).every(({ hasEnded }) => hasEnded)).toBe(true);
    expect(bystander.hasEnded).toBe(false);
  });

  it('at once when only its head is asked for', async () => {
    const url = `${originOf(platform)}/api/v1/projects/default/events`;
    const answer = await fetch(url, { method: 'HEAD', headers: bearer() });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/event-stream; charset=utf-8',
    ]);
    expect(await openStreams()).toBe(0);
  });
});

/** As the platform's metrics count them. */
async function openStreams(): Promise<number> {
  const metrics = await (await fetch(`${originOf(platform)}/metrics`, { headers: bearer() })).text();
  return Number(/^iroh_platform_http_streams (\d+)$/m.exec(metrics)?.[1]);
}

describe('where nobody has to sign in', () => {
  it('one visitor does not end the streams of the others', async () => {
    platform = await stage.platform({ dashboard: { port: 0, unsafeWithoutLogin: true } });
    const streams: { status: number; hasEnded: boolean }[] = [];
    for (let at = 0; at < 20; at += 1) streams.push(await follow({}));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(streams.filter(({ status, hasEnded }) => status === 200 && !hasEnded)).toHaveLength(20);
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

  it('are not watched over for readers who left before their stream began', async () => {
    const live = new LiveProjects(() => ({ subscribe: () => () => {} }), {
      ...{ again: async () => caller, onAccess: () => () => {}, hasProject: async () => true },
    });
    let opened = 0;
    const server = createServer((_request, raw) => {
      raw.once('close', () => {
        // As when the database has been asked meanwhile who comes.
        live.open({ raw, hijack() {}, getHeaders: () => ({}) } as never, caller, 'default', null);
        opened += 1;
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    for (let at = 1; at <= 3; at += 1) {
      const socket = connect(port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n');
      await once(server, 'request');
      socket.destroy();
      await until(() => opened === at, 2_000);
    }
    expect(live.count).toBe(0);
    live.close();
    server.close();
  });
});
