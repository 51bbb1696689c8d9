import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { oidc } from '../../../../platform/oidc-options.js';
import { MAX_ANSWER } from '../../../../platform/server/doors/oidc/bounded-fetch.js';
import type { OidcIdentity } from '../../../../platform/server/doors/oidc/claims.js';
import { OidcFailure } from '../../../../platform/server/doors/oidc/failure.js';
import { OidcProvider } from '../../../../platform/server/doors/oidc/provider.js';
import { type Claims, HostileOpenId, type Signing } from '../../../support/hostile-openid.js';

const CALLBACK = 'http://127.0.0.1:9/sign-in/oidc/callback';

describe('a provider that lies', () => {
  let hostile: HostileOpenId;
  const signIn = async (): Promise<OidcIdentity> => {
    const provider = new OidcProvider(
      oidc().fromValue({ issuer: hostile.issuer, clientId: 'net-diagnostics' }),
      Date.now,
    );
    const { proof } = await provider.begin(CALLBACK);
    hostile.nonce = proof.nonce;
    return provider.finish(
      new URL(`${CALLBACK}?${new URLSearchParams({ code: 'any', state: proof.state })}`),
      proof,
    );
  };
  const reason = async () => {
    const failure = await signIn().then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(OidcFailure);
    return (failure as OidcFailure).reason;
  };

  beforeAll(async () => {
    hostile = await HostileOpenId.start();
  });
  afterAll(() => hostile.stop());
  beforeEach(() => {
    Object.assign(hostile, {
      answer: null,
      claims: (right: Claims) => right,
      signing: 'right',
      metadata: {},
      userinfo: { sub: 'mallory' },
    });
  });

  it('is believed when it does not', async () => {
    expect(await signIn()).toMatchObject({ issuer: hostile.issuer, subject: 'mallory' });
  });

  it.each<[Signing]>([['other-key'], ['none'], ['hmac-with-public-key'], ['broken']])(
    'is not believed with a token signed by: %s',
    async (signing) => {
      hostile.signing = signing;
      expect(await reason()).toBe('untrusted');
      // Also when it says that this is how it signs.
      hostile.metadata = { id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256'] };
      expect(await reason()).toBe('untrusted');
    },
  );

  it.each<[string, Claims, string]>([
    ['another issuer', { iss: 'https://another.example' }, 'untrusted'],
    ['another audience', { aud: 'another-app' }, 'untrusted'],
    ['several audiences, for another party', { aud: ['net-diagnostics', 'b'], azp: 'b' }, 'untrusted'],
    ['another nonce', { nonce: 'another' }, 'untrusted'],
    ['no nonce', { nonce: undefined }, 'untrusted'],
    ['an end in the past', { exp: 1_000_000 }, 'clock'],
    ['no end', { exp: undefined }, 'untrusted'],
    ['no subject', { sub: undefined }, 'untrusted'],
    ['an empty subject', { sub: '' }, 'untrusted'],
    ['a number as subject', { sub: 7 }, 'untrusted'],
    ['a subject of a kilobyte', { sub: 'x'.repeat(1_024) }, 'untrusted'],
    ['a subject with a line end', { sub: 'ada\nadmin' }, 'untrusted'],
  ])('is not believed with a token that has %s', async (_what, wrong, expected) => {
    hostile.claims = (right) => ({ ...right, ...wrong });
    if ('sub' in wrong) hostile.userinfo = { sub: wrong.sub };
    expect(await reason()).toBe(expected);
  });

  it('is not believed when the place for more speaks of somebody else', async () => {
    hostile.userinfo = { sub: 'ada', email: 'ada@example.com', email_verified: true };
    expect(await reason()).toBe('untrusted');
  });

  it('cannot overwrite what the token says', async () => {
    hostile.claims = (right) => ({ ...right, email: 'mallory@example.com', email_verified: false });
    hostile.userinfo = { sub: 'mallory', email: 'ada@example.com', email_verified: true, groups: ['ops'] };
    expect(await signIn()).toMatchObject({ verifiedEmail: null, groups: new Set(['ops']) });
    // Nor lend its word for one address to another.
    hostile.claims = (right) => ({ ...right, email: 'mallory@example.com' });
    expect((await signIn()).verifiedEmail).toBeNull();
    hostile.claims = (right) => ({ ...right, email: 'ada@example.com' });
    expect((await signIn()).verifiedEmail).toBe('ada@example.com');
  });

  it('does not say in the token that an address is verified which only another place names', async () => {
    hostile.claims = (right) => ({ ...right, email_verified: true });
    hostile.userinfo = { sub: 'mallory', email: 'ada@example.com' };
    expect((await signIn()).verifiedEmail).toBeNull();
    hostile.userinfo = { sub: 'mallory', email: 'ada@example.com', email_verified: true };
    expect((await signIn()).verifiedEmail).toBe('ada@example.com');
  });

  it('gives names that nobody can misread, and groups that are texts', async () => {
    hostile.claims = (right) => ({
      ...right,
      preferred_username: '  \u202eadmin\u0000 ',
      name: ['not a text'],
      email: `${'x'.repeat(300)}@example.com`,
      email_verified: true,
      groups: ['ops', 7, null, ['x'], 'y'.repeat(300), '__proto__'],
    });
    const { names, verifiedEmail, groups } = await signIn();
    expect(names[0]).toBe('\uFFFDadmin\uFFFD');
    expect(names.every((name) => name.length <= 200)).toBe(true);
    expect(verifiedEmail).toBeNull();
    expect([...groups]).toEqual(['ops', '__proto__']);
  });

  it('does not lend somebody an address that only looks like another in lower case', async () => {
    // Of the Kelvin sign the lower case is a k.
    for (const email of [
      'bo\u212a@example.com',
      ' bok@example.com',
      'bok@example.com\n',
      'b\u00f6k@example.com',
    ]) {
      hostile.claims = (right) => ({ ...right, email, email_verified: true });
      expect((await signIn()).verifiedEmail).toBeNull();
    }
  });

  it('takes one group that is no list, and does not take missing groups for none', async () => {
    hostile.claims = (right) => ({ ...right, groups: 'ops' });
    expect((await signIn()).groups).toEqual(new Set(['ops']));
    hostile.claims = (right) => ({ ...right, _claim_names: { groups: 'src1' } });
    expect(await reason()).toBe('groups-left-out');
  });

  it('is away with an answer that is too long, too slow, cut, or none', async () => {
    const json = { 'content-type': 'application/json' };
    hostile.answer = (response) => {
      response.writeHead(200, json);
      response.end(`"${'x'.repeat(MAX_ANSWER)}"`);
    };
    expect(await reason()).toBe('away');
    hostile.answer = (response) => {
      response.writeHead(200, { ...json, 'content-length': '1000' }).write('{');
      setTimeout(() => response.destroy(), 20);
    };
    expect(await reason()).toBe('away');
    hostile.answer = (response) =>
      void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi</h1>');
    expect(await reason()).toBe('away');
    hostile.answer = (response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end();
    expect(await reason()).toBe('away');
  });

  it('is away with an answer that drips for ever', { tags: ['slow'] }, async () => {
    let timer: NodeJS.Timeout | undefined;
    hostile.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      timer = setInterval(() => response.write(' '), 200);
    };
    const before = Date.now();
    expect(await reason()).toBe('away');
    expect(Date.now() - before).toBeLessThan(12_000);
    clearInterval(timer);
  });

  it('is a matter of set-up when it calls itself otherwise, or has no token endpoint', async () => {
    hostile.metadata = { issuer: 'https://login.example' };
    expect(await reason()).toBe('set-up');
    hostile.metadata = { token_endpoint: undefined };
    expect(await reason()).toBe('set-up');
    hostile.metadata = { authorization_endpoint: 'javascript:alert(1)' };
    expect(await reason()).toBe('set-up');
  });
});
