import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OidcOptions, oidc } from '../../../../platform/oidc-options.js';
import { OidcFailure } from '../../../../platform/server/doors/oidc/failure.js';
import { OidcProvider } from '../../../../platform/server/doors/oidc/provider.js';
import { OpenIdProvider } from '../../../support/openid-provider.js';

const ORIGIN = 'http://127.0.0.1:9';
const CALLBACK = `${ORIGIN}/sign-in/oidc/callback`;

describe('an OpenID provider', () => {
  let real: OpenIdProvider;
  let folder: string;
  let clientSecretFile: string;
  const options = (more: Partial<OidcOptions> = {}): OidcOptions => ({
    issuer: real.issuer,
    clientId: real.clientId,
    clientSecretFile,
    ...more,
  });
  const open = (more: Partial<OidcOptions> = {}, now = Date.now) =>
    new OidcProvider(oidc().fromValue(options(more)), now);
  /** The whole way, as somebody. */
  const signIn = async (provider: OidcProvider, login: string) => {
    const { url, proof } = await provider.begin(CALLBACK);
    const callback = await real.signIn(url, login);
    return provider.finish(callback, proof);
  };
  const failureOf = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => null,
      (failure: unknown) => failure,
    );
    expect(error).toBeInstanceOf(OidcFailure);
    return error as OidcFailure;
  };

  beforeAll(async () => {
    real = await OpenIdProvider.start();
    folder = await mkdtemp(join(tmpdir(), 'net-diagnostics-oidc-'));
    clientSecretFile = join(folder, 'secret');
    await writeFile(clientSecretFile, `${real.clientSecret}\n`);
    real.people.set('ada', {
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada Lovelace',
      preferred_username: 'ada',
      groups: ['/ops', '/everybody'],
    });
  });
  afterAll(async () => {
    await real.stop();
    await rm(folder, { recursive: true });
  });

  it.each([
    ['at the place for more', true],
    ['in the ID token', false],
  ])(
    'says who somebody is, with name, verified e-mail and groups %s',
    async (_where, conformIdTokenClaims) => {
      real.configure({ conformIdTokenClaims });
      expect(await signIn(open(), 'ada')).toEqual({
        issuer: real.issuer,
        subject: 'ada',
        names: ['ada', 'Ada Lovelace', 'ada@example.com'],
        verifiedEmail: 'ada@example.com',
        groups: new Set(['/ops', '/everybody']),
      });
    },
  );

  it('says nothing of an e-mail address that nobody has verified', async () => {
    for (const [email_verified, login] of [
      [false, 'one'],
      ['true', 'two'],
      [undefined, 'three'],
    ] as const) {
      real.people.set(login, { email: 'ada@example.com', email_verified });
      expect((await signIn(open(), login)).verifiedEmail).toBeNull();
    }
  });

  it('asks with state, nonce and PKCE, each new for each sign-in', async () => {
    const provider = open({ scopes: ['groups'] });
    const [one, other] = [await provider.begin(CALLBACK), await provider.begin(CALLBACK)];
    const query = Object.fromEntries(new URL(one.url).searchParams);
    expect(query).toMatchObject({
      client_id: real.clientId,
      code_challenge_method: 'S256',
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid groups',
      state: one.proof.state,
      nonce: one.proof.nonce,
    });
    expect(query.code_challenge).not.toContain(one.proof.verifier);
    for (const name of ['state', 'nonce', 'verifier'] as const) {
      expect(one.proof[name]).toMatch(/^[\w-]{43}$/);
      expect(one.proof[name]).not.toBe(other.proof[name]);
    }
  });

  it('takes a code once, and only from who began', async () => {
    const provider = open();
    const { url, proof } = await provider.begin(CALLBACK);
    const callback = await real.signIn(url, 'ada');
    const { proof: foreign } = await provider.begin(CALLBACK);
    const wrong = [
      [{ ...proof, state: foreign.state }, 'untrusted'],
      [{ ...proof, verifier: foreign.verifier }, 'over'],
    ] as const;
    for (const [with_, reason] of wrong) {
      expect((await failureOf(provider.finish(callback, with_))).reason).toBe(reason);
    }
    const second = await provider.begin(CALLBACK);
    const next = await real.signIn(second.url, 'ada');
    expect((await failureOf(provider.finish(next, { ...second.proof, nonce: foreign.nonce }))).reason).toBe(
      'untrusted',
    );
    expect((await failureOf(provider.finish(next, second.proof))).reason).toBe('over');
  });

  it('refuses an answer that names another issuer', async () => {
    const provider = open();
    const { url, proof } = await provider.begin(CALLBACK);
    const callback = await real.signIn(url, 'ada');
    expect(callback.searchParams.get('iss')).toBe(real.issuer);
    callback.searchParams.set('iss', 'https://another.example');
    expect((await failureOf(provider.finish(callback, proof))).reason).toBe('untrusted');
    callback.searchParams.delete('iss');
    expect((await failureOf(provider.finish(callback, proof))).reason).toBe('untrusted');
  });

  it('says that the provider has refused somebody', async () => {
    const provider = open();
    const { proof } = await provider.begin(CALLBACK);
    const back = (error: string) =>
      new URL(
        `${CALLBACK}?${new URLSearchParams({ error, error_description: 'No\nway', state: proof.state, iss: real.issuer })}`,
      );
    const refusal = await failureOf(provider.finish(back('access_denied'), proof));
    expect([refusal.reason, refusal.status]).toEqual(['refused', 403]);
    expect(refusal.detail).toContain('access_denied: No\uFFFDway');
    expect((await failureOf(provider.finish(back('temporarily_unavailable'), proof))).reason).toBe('away');
  });

  it('goes on when the provider has changed its keys', async () => {
    const provider = open();
    await signIn(provider, 'ada');
    real.configure({});
    expect((await signIn(provider, 'ada')).subject).toBe('ada');
  });

  it('bears a minute between the clocks, and names a clock that is beyond', async () => {
    const at = (seconds: number) => open({}, () => Date.now() + seconds * 1_000);
    for (const seconds of [-3_600, -45, 45, 3_600 + 45]) {
      expect((await signIn(at(seconds), 'ada')).subject).toBe('ada');
    }
    // The ID token has an hour, and is over when it comes.
    const failure = await failureOf(signIn(at(3_600 + 75), 'ada'));
    expect([failure.reason, failure.status]).toEqual(['clock', 502]);
  });

  it('reads the secret anew each time, and says in the log alone what is wrong with it', async () => {
    const path = join(folder, 'changing');
    await writeFile(path, 'wrong');
    const provider = open({ clientSecretFile: path });
    const failure = await failureOf(signIn(provider, 'ada'));
    expect(failure.reason).toBe('set-up');
    expect(failure.detail).toContain('does not accept this platform');
    expect(failure.message).not.toContain('secret');
    await writeFile(path, real.clientSecret);
    expect((await signIn(provider, 'ada')).subject).toBe('ada');
    for (const [content, fault] of [
      ['', 'is empty'],
      ['x'.repeat(5_000), 'has more than 4096 characters'],
    ] as const) {
      await writeFile(path, content);
      await expect(provider.check()).rejects.toThrow(
        `The file ${path} of dashboard.oidc.clientSecretFile ${fault}.`,
      );
    }
    await rm(path);
    await expect(provider.check()).rejects.toThrow('cannot be read (ENOENT)');
    expect((await failureOf(provider.begin(CALLBACK))).reason).toBe('set-up');
  });

  it('sends browsers to the place where one signs out', async () => {
    const url = new URL((await open().signOutUrl(`${ORIGIN}/sign-in`)) ?? '');
    expect(url.origin).toBe(real.issuer);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: real.clientId,
      post_logout_redirect_uri: `${ORIGIN}/sign-in`,
    });
    real.configure({ features: { rpInitiatedLogout: { enabled: false } } });
    expect(await open().signOutUrl(ORIGIN)).toBeNull();
    real.configure({});
  });

  it('says that it is away, and comes back by itself', async () => {
    let now = Date.now();
    const gone = createServer((_request, response) => void response.writeHead(503).end('busy'));
    await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
    const { port } = gone.address() as AddressInfo;
    const provider = open({ issuer: `http://127.0.0.1:${port}` }, () => now);
    expect((await failureOf(provider.begin(CALLBACK))).reason).toBe('away');
    expect(await provider.signOutUrl(ORIGIN)).toBeNull();
    await new Promise((resolve) => gone.close(resolve));
    now += 5_000;
    expect((await failureOf(provider.begin(CALLBACK))).reason).toBe('away');
    const back = createServer((request, response) => {
      const issuer = `http://127.0.0.1:${port}`;
      expect(request.url).toBe('/.well-known/openid-configuration');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ issuer, authorization_endpoint: `${issuer}/auth` }));
    });
    await new Promise<void>((resolve) => back.listen(port, '127.0.0.1', resolve));
    // It has just been asked.
    expect((await failureOf(provider.begin(CALLBACK))).reason).toBe('away');
    now += 5_000;
    expect((await provider.begin(CALLBACK)).url).toContain(`http://127.0.0.1:${port}/auth?`);
    await new Promise((resolve) => back.close(resolve));
  });
});
