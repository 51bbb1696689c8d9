import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { afterEach, describe, expect, it } from 'vitest';
import { STYLE_PATH } from '../../support/page-assets.js';
import { BADGE, type Host } from '../host.js';
import { Apps, OPEN, PATH } from './apps.js';

const PROBLEM = 'application/problem+json';

/** Who is let in. */
export function describeAccess(host: Host): void {
  const apps = new Apps();
  afterEach(() => apps.closeAll());

  it('is closed until the app opens it', async () => {
    const app = await apps.boot(host, { ...OPEN, http: null });
    for (const path of ['/', '/status', '/report', STYLE_PATH]) {
      const answer = await fetch(`${app.url}${PATH}${path}`);
      expect([path, answer.status]).toEqual([path, host.closedStatus]);
      if (host.closedStatus === 403) expect(await answer.json()).toMatchObject({ detail: /`http`/ });
    }
  });

  describe.each([false, true])("`access: 'loopback'`, with `trust proxy` %s", (trustProxy) => {
    it.each([
      ['x-forwarded-for', '127.0.0.1'],
      ['forwarded', 'for=127.0.0.1'],
      ['x-forwarded-host', 'localhost'],
      ['host', 'attacker.example'],
    ])('refuses a request with %s', async (name, value) => {
      const app = await apps.boot(host, OPEN, { trustProxy });
      for (const path of ['/', '/status', STYLE_PATH]) {
        const answer = await request(app.url).get(`${PATH}${path}`).set(name, value);
        expect([path, answer.status]).toEqual([path, 403]);
        expect(answer.headers['content-type']).toContain(PROBLEM);
      }
      expect((await request(app.url).get(`${PATH}/status`)).status).toBe(200);
    });
  });

  it("`access: 'loopback'` refuses a target with a host of its own, which some routers take for its path", async () => {
    const app = await apps.boot(host, OPEN);
    for (const target of [`http://attacker.example${PATH}/status`, `http://localhost${PATH}/status`]) {
      // A host's router may also find nothing there.
      expect([target, await statusOf(app.url, target)]).toEqual([target, expect.toBeOneOf([403, 404])]);
    }
    expect(await statusOf(app.url, `${PATH}/status`)).toBe(200);
  });

  it('asks `authorize`, and takes nothing but `true` for a yes', async () => {
    const answers = [
      () => true,
      () => false,
      async () => true,
      () => Promise.reject(new Error('no session')),
      () => 'yes' as unknown as boolean,
    ];
    const seen: (string | undefined)[] = [];
    const app = await apps.boot(host, {
      ...OPEN,
      http: {
        authorize: (asked) => {
          seen.push(asked.headers['x-user'] as string);
          return answers[seen.length - 1]?.() ?? false;
        },
      },
    });
    const statuses = [];
    for (const _ of answers) {
      statuses.push((await fetch(`${app.url}${PATH}/status`, { headers: { 'x-user': 'ann' } })).status);
    }
    expect(statuses).toEqual([200, 403, 200, 403, 403]);
    expect(new Set(seen)).toEqual(new Set(['ann']));
  });

  it('stands behind the guard of the app', async () => {
    const asked: unknown[] = [];
    const authorize = () => asked.push('again') > 0;
    const app = await apps.boot(host, { ...OPEN, http: { authorize } }, { guarded: true });
    for (const path of ['', '/', '/status', STYLE_PATH]) {
      const refused = await fetch(`${app.url}${PATH}${path}`, { redirect: 'manual' });
      expect([401, 403]).toContain(refused.status);
      expect(refused.headers.get('content-type')).not.toContain(PROBLEM);
    }
    expect(asked).toEqual([]);
    const admitted = await fetch(`${app.url}${PATH}/status`, { headers: { [BADGE.name]: BADGE.value } });
    expect(admitted.status).toBe(200);
  });
}

/** The status of the answer to a target that no client would send as it is. */
export async function statusOf(url: string, target: string): Promise<number> {
  const { port } = new URL(url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  const answer = await text(socket);
  return Number(answer.split(' ')[1]);
}
