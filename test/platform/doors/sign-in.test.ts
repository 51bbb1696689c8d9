import { writeFile } from 'node:fs/promises';
import { request as rawRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Platform } from '../../../platform/index.js';
import type { People } from '../../../platform/people/index.js';
import {
  ADMIN,
  bearer,
  cookieOf,
  originOf,
  postForm,
  setUpCodeOf,
  TOKEN,
} from '../../support/dashboard-door.js';
import { Stage } from '../stage.js';

const stage = new Stage();
let platform: Platform;
let people: People;
let origin: string;

beforeEach(async () => {
  platform = await stage.platform({ dashboard: { port: 0 } });
  people = stage.peopleOf(platform);
  origin = originOf(platform);
});
afterEach(() => stage.close());

const BY = { kind: 'local', id: 'local', name: 'test', address: null };
const form = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  postForm(platform, path, fields, headers);
/** Whether a cookie lets somebody in. */
const status = async (cookie: string) => (await fetch(`${origin}/`, { headers: { cookie } })).status;

async function withAdmin(): Promise<void> {
  await people.users.addFirst(BY, ADMIN);
}

/** As a proxy hands a browser's request on. */
function raw(path: string, body: string, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    rawRequest({ hostname, port, path, method: 'POST', headers: { ...type, ...headers } }, (response) => {
      response.resume();
      resolve({ statusCode: response.statusCode, headers: response.headers });
    })
      .on('error', reject)
      .end(body);
  });
}

describe('the set-up', () => {
  it('makes the first account once, an administrator, and signs it in', async () => {
    const code = setUpCodeOf(platform) ?? '';
    expect(new URL(platform.setUpUrl ?? '').search).toBe('');
    expect(await (await fetch(`${origin}/setup`)).text()).toContain('Set-up code');
    const answer = await form('/setup', { code, ...ADMIN });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, './']);
    expect(await status(cookieOf(answer))).toBe(200);
    expect((await people.users.list({ limit: 9 })).items).toMatchObject([
      { name: ADMIN.name, isAdministrator: true },
    ]);
    const again = await form('/setup', { code, name: 'Other', password: 'another password' });
    expect([again.status, again.headers.getSetCookie()]).toEqual([401, []]);
    expect((await fetch(`${origin}/setup`, { redirect: 'manual' })).headers.get('location')).toBe(
      './sign-in',
    );
  });

  it('takes no other code, and keeps the right one when something else is wrong', async () => {
    const code = setUpCodeOf(platform) ?? '';
    for (const wrong of ['', 'x', 'x'.repeat(43)]) {
      expect((await form('/setup', { code: wrong, ...ADMIN })).status).toBe(401);
    }
    const weak = await form('/setup', { code, name: 'Root', password: 'short' });
    expect([weak.status, await weak.text()]).toEqual([
      400,
      expect.stringContaining('at least 10 characters'),
    ]);
    expect((await form('/setup', { code, ...ADMIN })).status).toBe(303);
  });

  it('is used by one of several who have the code at once', async () => {
    const code = setUpCodeOf(platform) ?? '';
    const answers = await Promise.all(
      [1, 2, 3, 4].map((at) => form('/setup', { code, ...ADMIN, name: `Root ${at}` })),
    );
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([303, 401, 401, 401]);
    expect((await people.users.list({ limit: 9 })).items).toHaveLength(1);
  });
});

describe('a sign-in', () => {
  it('leads back to where somebody wanted to go, and nowhere else', async () => {
    await withAdmin();
    const page = await fetch(`${origin}/projects/default/endpoints?q=x`);
    expect([page.status, await page.text()]).toEqual([
      401,
      expect.stringContaining('name="to" value="/projects/default/endpoints?q=x"'),
    ]);
    for (const [to, location] of [
      ['/projects/default/endpoints?q=x', './projects/default/endpoints?q=x'],
      ['https://evil.test/', './'],
      ['//evil.test/', './'],
      ['/\\evil.test', './'],
    ] as const) {
      const answer = await form('/sign-in', { ...ADMIN, to });
      expect([to, answer.status, answer.headers.get('location')]).toEqual([to, 303, location]);
    }
    expect((await fetch(`${origin}/sign-in?to=//evil.test`)).status).toBe(200);
  });

  it('says the same of a wrong password, an unknown name, and a user who is disabled', async () => {
    await withAdmin();
    const by = people.callers.local('test', null);
    const { id } = await people.users.add(by, { name: 'Gone', password: ADMIN.password });
    await people.users.change(by, id, { isDisabled: true });
    const texts = [];
    for (const [name, password] of [
      ['Root', 'not the password'],
      ['Nobody', ADMIN.password],
      ['Gone', ADMIN.password],
    ] as const) {
      const answer = await form('/sign-in', { name, password, to: '/' });
      expect([name, answer.status, answer.headers.getSetCookie()]).toEqual([name, 401, []]);
      texts.push((await answer.text()).replaceAll(name, 'X'));
    }
    expect(new Set(texts).size).toBe(1);
  });

  it('is not fixed: its cookie is new, and the one before it ends', async () => {
    await withAdmin();
    const planted = `net_diagnostics_${platform.id.slice(0, 8)}=${'p'.repeat(43)}`;
    const first = cookieOf(await form('/sign-in', ADMIN, { cookie: planted }));
    expect(first).not.toBe(planted);
    expect([await status(planted), await status(first)]).toEqual([401, 200]);
    const second = cookieOf(await form('/sign-in', ADMIN, { cookie: first }));
    expect([await status(first), await status(second)]).toEqual([401, 200]);
  });

  it('comes from a page of ours alone: nobody is signed in as another from elsewhere', async () => {
    await withAdmin();
    for (const headers of [
      { origin: 'http://evil.test' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const answer = await form('/sign-in', ADMIN, headers as unknown as Record<string, string>);
      expect([headers, answer.status, answer.headers.getSetCookie()]).toEqual([headers, 403, []]);
    }
    const silent = await raw('/sign-in', new URLSearchParams(ADMIN).toString(), {
      host: new URL(origin).host,
    });
    expect(silent).toMatchObject({ statusCode: 403 });
  });

  it('has a cookie for TLS alone, and for its host alone, when the browser is behind a TLS proxy', async () => {
    const named = await stage.platform({ dashboard: { port: 0, allowedHosts: ['platform.example'] } });
    await stage.peopleOf(named).users.addFirst(BY, ADMIN);
    origin = originOf(named);
    const { statusCode, headers } = await raw('/sign-in', new URLSearchParams(ADMIN).toString(), {
      host: 'platform.example',
      origin: 'https://platform.example',
    });
    expect([statusCode, (headers as Record<string, string[]>)['set-cookie']?.[0]]).toEqual([
      303,
      expect.stringMatching(
        /^__Host-net_diagnostics_[0-9a-f]{8}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
      ),
    ]);
  });

  it('is not shut by a cookie of the same name that another host of the site put in front of ours', async () => {
    const cookie = await stage.signIn(platform);
    const [name] = cookie.split('=');
    const no = 'x'.repeat(43);
    for (const tossed of [`${name}=${no}; ${cookie}`, `${cookie}; ${name}=${no}`, `${name}=; a=b; ${cookie}`])
      expect(await status(tossed)).toBe(200);
    expect(await status(`${name}=${no}; ${name}=${no}`)).toBe(401);
  });

  it('of two users in one request is nobody: another host of the site has put one there', async () => {
    const cookie = await stage.signIn(platform);
    const { id } = await people.users.add(people.callers.local('test', null), { name: 'Mallory' });
    const theirs = await stage.signInAs(platform, id);
    expect([await status(cookie), await status(theirs)]).toEqual([200, 200]);
    expect(await status(`${theirs}; ${cookie}`)).toBe(401);
  });

  it('ends for one browser: its cookie is void, others stay', async () => {
    const [cookie, other] = [await stage.signIn(platform), await stage.signIn(platform)];
    const foreign = await form('/sign-out', {}, { cookie, origin: 'http://evil.test' });
    expect([foreign.status, await status(cookie)]).toEqual([403, 200]);
    const out = await form('/sign-out', {}, { cookie });
    expect([out.status, out.headers.get('location')]).toEqual([303, './sign-in']);
    expect(out.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-net_diagnostics_[0-9a-f]{8}=;.*; Secure; Max-Age=0$/),
      expect.stringMatching(/^net_diagnostics_[0-9a-f]{8}=;.*; Max-Age=0$/),
    ]);
    expect([await status(cookie), await status(other)]).toEqual([401, 200]);
  });

  it('is slowed down after many wrong passwords, also when they come at once, and says how long', async () => {
    await withAdmin();
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => form('/sign-in', { name: 'Root', password: 'not the password' })),
    );
    const codes = answers.map((answer) => answer.status);
    expect(codes.filter((code) => code === 401).length).toBeLessThanOrEqual(10);
    expect(codes.filter((code) => code === 429).length).toBeGreaterThanOrEqual(30);
    const refused = await form('/sign-in', ADMIN);
    expect([
      refused.status,
      Number(refused.headers.get('retry-after')),
      refused.headers.getSetCookie(),
    ]).toEqual([429, expect.any(Number), []]);
  });

  it('works all the same where somebody signed in before, whatever strangers do', async () => {
    await withAdmin();
    const first = await form('/sign-in', ADMIN);
    expect(first.status).toBe(303);
    // As if they came from elsewhere: what this address has tried does not count for it.
    for (let at = 0; at < 9; at += 1) await form('/sign-in', { name: 'Root', password: 'not the password' });
    expect((await form('/sign-in', ADMIN)).status).toBe(303);
  });
});

describe('a one-time link', () => {
  it('signs its user in once, leads to his account, and is refused to who is signed in', async () => {
    const cookie = await stage.signIn(platform);
    const by = people.callers.local('test', null);
    const { id } = await people.users.add(by, { name: 'Ana' });
    const code = await people.codes.makeSignIn(by, id);
    const taken = await form('/link', { code }, { cookie });
    expect([taken.status, await taken.text()]).toEqual([409, expect.stringContaining('signed in as Root')]);
    const answers = await Promise.all([form('/link', { code }), form('/link', { code })]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([303, 401]);
    const good = answers.find((answer) => answer.status === 303);
    expect(good?.headers.get('location')).toBe('./account');
    expect((await form('/link', { code })).status).toBe(401);
  });

  it('is in no URL that travels', async () => {
    const by = people.callers.local('test', null);
    const code = await people.codes.makeSignIn(by, (await people.users.add(by, { name: 'Ana' })).id);
    const answer = await fetch(`${origin}/link?code=${code}`);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []]);
    expect((await form('/link', { code })).status).toBe(303);
  });
});

describe('a program', () => {
  it('comes with the token of the options, and no cookie takes the place of a wrong one', async () => {
    const cookie = await stage.signIn(platform);
    const code = async (headers: Record<string, string>) =>
      (await fetch(`${origin}/api/v1/projects/default/secrets`, { headers, redirect: 'manual' })).status;
    expect(await code(bearer())).toBe(200);
    expect(await code(bearer(`${TOKEN}x`))).toBe(401);
    expect(await code({ cookie, ...bearer('wrong') })).toBe(401);
    expect(await code({ cookie, authorization: 'Basic cm9vdDp4' })).toBe(200);
  });

  it('on this machine comes with a token of its own, which ends with the platform', async () => {
    const token = platform.localToken ?? '';
    expect(token).toMatch(/^[\w-]{43}$/);
    const me = async () => (await fetch(`${origin}/api/v1/me`, { headers: bearer(token) })).json();
    expect(await me()).toMatchObject({ kind: 'local', name: 'the command line', isAdministrator: true });
    await platform.stop();
    platform = await stage.platform({ dashboard: { port: 0 } });
    origin = originOf(platform);
    expect(await me()).toMatchObject({ status: 401 });
  });

  it('comes with an API token until it is revoked', async () => {
    const by = people.callers.local('test', null);
    const { text, token } = await people.apiTokens.make(by, {
      project: null,
      label: 'ci',
      permissions: ['platform:read'],
    });
    const code = async () => (await fetch(`${origin}/`, { headers: bearer(text) })).status;
    expect(await code()).toBe(200);
    await people.apiTokens.revoke(by, null, token.id);
    expect(await code()).toBe(401);
  });
});

describe('the first administrator of the options', () => {
  it('is made where there is nobody, and there is no set-up then', async () => {
    const passwordFile = `${await stage.folder()}/password`;
    await writeFile(passwordFile, `${ADMIN.password}\n`);
    const admin = { name: 'Boss', passwordFile };
    const made = await stage.platform({ dashboard: { port: 0, admin } });
    expect(made.setUpUrl).toBeNull();
    expect((await postForm(made, '/sign-in', { name: 'boss', password: ADMIN.password })).status).toBe(303);
    await writeFile(passwordFile, 'short');
    await expect(stage.platform({ dashboard: { port: 0, admin } })).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('dashboard.admin: A password has at least 10 characters'),
    });
    const missing = { name: 'Boss', passwordFile: `${passwordFile}.gone` };
    await expect(stage.platform({ dashboard: { port: 0, admin: missing } })).rejects.toMatchObject({
      code: 'ERR_SETTING',
      message: expect.stringContaining('cannot be read: ENOENT'),
    });
  });
});
