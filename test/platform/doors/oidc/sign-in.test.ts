import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OidcOptions, Platform, PlatformOptions } from '../../../../platform/index.js';
import { OpenIdProvider } from '../../../support/openid-provider.js';
import { Stage } from '../../stage.js';

/** A browser of one person: keeps cookies, follows nothing. */
class Browser {
  readonly origin: string;
  readonly cookies = new Map<string, string>();

  constructor(platform: Platform) {
    this.origin = new URL(platform.localUrl ?? '').origin;
  }

  async get(path: string, init: RequestInit = {}): Promise<Response & { text_: string }> {
    const url = new URL(path, this.origin);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { cookie: this.cookie, 'sec-fetch-site': 'same-origin', origin: this.origin, ...init.headers },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0(;|$)/.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return Object.assign(response, { text_: await response.text() });
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Where the platform sends it. */
  async begin(to = '/'): Promise<string> {
    const response = await this.get(`/sign-in/oidc?${new URLSearchParams({ to })}`);
    expect(response.status).toBe(303);
    return response.headers.get('location') ?? '';
  }

  /** The whole way. */
  async signIn(real: OpenIdProvider, login: string, to = '/') {
    const back = await real.signIn(await this.begin(to), login);
    return this.get(back.pathname + back.search);
  }

  async isIn(): Promise<boolean> {
    return (await this.get('/')).status === 200;
  }
}

describe('the way by a provider', () => {
  const stage = new Stage();
  let real: OpenIdProvider;
  let folder: string;
  let secretFile: string;
  const open = async (more: Partial<OidcOptions> = {}, rest: Partial<PlatformOptions> = {}) => {
    const oidc = { issuer: real.issuer, clientId: real.clientId, clientSecretFile: secretFile, ...more };
    const platform = await stage.platform({ dashboard: { oidc }, ...rest });
    real.allow(new URL(platform.localUrl ?? '').origin);
    return platform;
  };
  beforeAll(async () => {
    real = await OpenIdProvider.start();
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-oidc-'));
    secretFile = join(folder, 'secret');
    await writeFile(secretFile, real.clientSecret);
    real.people.set('ada', { preferred_username: 'ada', groups: ['ops'] });
    real.people.set('bob', { preferred_username: 'bob', groups: [], name: '<b>Bob</b>' });
  });
  afterAll(async () => {
    await real.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(() => stage.close());

  it('leads in, to the page that was asked for, with the roles of the groups', async () => {
    const platform = await open({
      label: 'Example',
      roles: [{ group: 'ops', project: 'default', role: 'operator' }],
    });
    const browser = new Browser(platform);
    const asked = await browser.get('/projects/default/secrets?x=1');
    expect(asked.status).toBe(401);
    expect(asked.text_).toContain('Sign in with Example');
    const end = await browser.signIn(real, 'ada', '/projects/default/secrets?x=1');
    expect([end.status, end.headers.get('location')]).toEqual([303, '../../projects/default/secrets?x=1']);
    expect(await browser.isIn()).toBe(true);
    const [attempt, signIn] = [...browser.cookies.keys()];
    expect(attempt).toMatch(/^net_diagnostics_[0-9a-f]{8}_oidc$/);
    expect(signIn).toMatch(/^net_diagnostics_[0-9a-f]{8}$/);
  });

  it('keeps out who has no role, and names him as text', async () => {
    const platform = await open({ roles: [{ group: 'ops', project: 'default', role: 'viewer' }] });
    const browser = new Browser(platform);
    const end = await browser.signIn(real, 'bob');
    expect(end.status).toBe(403);
    expect(end.text_).toContain('You are signed in there as bob, but have no role here');
    expect(await browser.isIn()).toBe(false);
    real.people.set('eve', { name: '<img src=x onerror=alert(1)>' });
    const hostile = await new Browser(platform).signIn(real, 'eve');
    expect(hostile.text_).toContain('&#60;img src=x');
    expect(hostile.text_).not.toContain('<img src=x');
  });

  it('ends once, in the browser where it began', async () => {
    const platform = await open({ defaultRole: 'viewer' });
    const [victim, attacker] = [new Browser(platform), new Browser(platform)];
    const back = await real.signIn(await attacker.begin(), 'ada');
    const path = back.pathname + back.search;
    // The attacker's own sign-in, put under the victim: with no cookie, and with one of his own.
    expect((await victim.get(path)).status).toBe(400);
    await victim.begin();
    const refused = await victim.get(path);
    expect([refused.status, await victim.isIn()]).toEqual([400, false]);
    expect(refused.text_).toContain('was begun in another browser');
    expect((await attacker.get(path)).status).toBe(303);
    expect(await attacker.isIn()).toBe(true);
    // Once more, by who is in: he is led on. By who has only stolen the URL and the attempt's cookie: refused.
    expect((await attacker.get(path)).status).toBe(303);
    const thief = new Browser(platform);
    for (const [name, value] of attacker.cookies) if (name.endsWith('_oidc')) thief.cookies.set(name, value);
    expect((await thief.get(path)).status).toBe(400);
    expect(await thief.isIn()).toBe(false);
  });

  it('takes no state, no code and no return path of a stranger', async () => {
    const platform = await open({ defaultRole: 'viewer' });
    const browser = new Browser(platform);
    const back = await real.signIn(await browser.begin('//evil.example/x'), 'ada');
    for (const [name, value] of [
      ['state', 'x'.repeat(43)],
      ['state', ''],
    ] as const) {
      const wrong = new URL(back);
      wrong.searchParams.set(name, value);
      expect((await browser.get(wrong.pathname + wrong.search)).status).toBe(400);
    }
    expect((await browser.get('/sign-in/oidc/callback')).status).toBe(400);
    const twice = `${back.pathname}${back.search}&code=other`;
    expect((await browser.get(twice)).status).toBe(502);
    const end = await browser.signIn(real, 'ada', 'https://evil.example/');
    expect(end.headers.get('location')).toBe('../../');
  });

  it('says which of two browsers’ windows was ended, and lets both end', async () => {
    const platform = await open({ defaultRole: 'viewer' });
    const browser = new Browser(platform);
    const [one, other] = [await browser.begin('/projects/default/secrets'), await browser.begin('/')];
    for (const [url, location] of [
      [one, '../../projects/default/secrets'],
      [other, '../../'],
    ] as const) {
      const back = await real.signIn(url, 'ada');
      expect((await browser.get(back.pathname + back.search)).headers.get('location')).toBe(location);
    }
  });

  it('names the callback by hosts that are its own', async () => {
    const platform = await open({ defaultRole: 'viewer' });
    const { port } = new URL(platform.localUrl ?? '');
    const status = await new Promise<number | undefined>((resolve, reject) => {
      request(
        { port, host: '127.0.0.1', path: '/sign-in/oidc', headers: { host: 'evil.example' } },
        (response) => {
          response.resume();
          resolve(response.statusCode);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  it('names the callback by the public URL, whatever the Host, and then wants TLS for its cookies', async () => {
    const oidc = { issuer: real.issuer, clientId: real.clientId, clientSecretFile: secretFile };
    const publicUrl = 'https://fleet.example/base/';
    const platform = await stage.platform({ dashboard: { oidc, publicUrl } });
    const browser = new Browser(platform);
    const url = new URL(await browser.begin());
    expect(url.searchParams.get('redirect_uri')).toBe('https://fleet.example/base/sign-in/oidc/callback');
    const { port } = new URL(platform.localUrl ?? '');
    const cookies = await new Promise<string[]>((resolve, reject) => {
      request(
        { port, host: '127.0.0.1', path: '/sign-in/oidc', headers: { host: 'fleet.example' } },
        (response) => {
          response.resume();
          resolve(response.headers['set-cookie'] ?? []);
        },
      )
        .on('error', reject)
        .end();
    });
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(
      /^__Host-net_diagnostics_[0-9a-f]{8}_oidc=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=600; Secure$/,
    );
  });

  it('leads out of both, and only who came by it', async () => {
    const platform = await open({ defaultRole: 'viewer' });
    const browser = new Browser(platform);
    await browser.signIn(real, 'ada');
    const out = await browser.get('/sign-out', { method: 'POST' });
    const { origin } = new URL(platform.localUrl ?? '');
    const query = new URLSearchParams({
      post_logout_redirect_uri: `${origin}/sign-in`,
      client_id: real.clientId,
    });
    expect(out.headers.get('refresh')).toBe(`0; url=${real.issuer}/session/end?${query}`);
    expect(await browser.isIn()).toBe(false);
    expect((await new Browser(platform).get('/sign-out', { method: 'POST' })).headers.get('location')).toBe(
      './sign-in',
    );
  });

  it('leads programs of a page out of both, too: the API says where', async () => {
    const browser = new Browser(await open({ defaultRole: 'viewer' }));
    await browser.signIn(real, 'ada');
    const out = await browser.get('/api/v1/session', { method: 'DELETE' });
    const { signOutUrl } = JSON.parse(out.text_) as { signOutUrl: string };
    expect([out.status, new URL(signOutUrl).origin]).toEqual([200, new URL(real.issuer).origin]);
    expect(new URL(signOutUrl).searchParams.get('client_id')).toBe(real.clientId);
    expect(await browser.isIn()).toBe(false);
    expect((await browser.get('/api/v1/session', { method: 'DELETE' })).status).toBe(204);
  });

  it('is beside the way by password when the provider is away, and the log says why, once a minute', async () => {
    const platform = await open({ issuer: 'http://127.0.0.1:9', label: 'Away' });
    const browser = new Browser(platform);
    for (let time = 0; time < 3; time += 1) {
      const page = await browser.get('/sign-in/oidc');
      expect(page.status).toBe(502);
      expect(page.text_).toContain('cannot be reached');
      expect(page.text_).toContain('Password');
    }
    const warnings = stage.events.filter((event) => event.type === 'warning');
    expect(warnings).toHaveLength(1);
    expect(JSON.stringify(warnings)).toContain('A sign-in by OpenID Connect came to nothing (away)');
  });

  it('is closed for who asks too often', async () => {
    const platform = await open({ issuer: 'http://127.0.0.1:9' });
    const browser = new Browser(platform);
    const statuses = new Set<number>();
    for (let time = 0; time < 65; time += 1) statuses.add((await browser.get('/sign-in/oidc')).status);
    expect([...statuses]).toEqual([502]);
    for (let time = 0; time < 65; time += 1)
      statuses.add((await browser.get('/sign-in/oidc/callback?state=x')).status);
    expect([...statuses]).toEqual([502, 400, 429]);
  });

  it('makes the administrators, where it is to, and then nobody else can', async () => {
    expect((await open({ administrators: ['ops'] })).setUpUrl).toBeNull();
    const platform = await open({ roles: [{ group: 'ops', project: 'default', role: 'viewer' }] });
    expect(platform.setUpUrl).toContain('/setup#code=');
  });

  it('does not keep the platform from starting, but its secret file does', async () => {
    await expect(open({ clientSecretFile: `${secretFile}-gone` })).rejects.toThrow(
      'of dashboard.oidc.clientSecretFile cannot be read (ENOENT)',
    );
  });
});
