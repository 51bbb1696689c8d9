import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider, { type Configuration, type JWK } from 'oidc-provider';

/** What the provider says of somebody; the subject is his login. */
export type Person = Record<string, unknown>;

const CLIENT_ID = 'net-diagnostics';
const HOUR = 3_600;
const CLIENT_SECRET = 'a-secret-of-the-client-with-enough-characters';

/** A real OpenID provider (`oidc-provider`) on loopback, with pages on which everybody may call himself what he likes. */
export class OpenIdProvider {
  readonly clientId = CLIENT_ID;
  readonly clientSecret = CLIENT_SECRET;
  readonly people = new Map<string, Person>();
  readonly #server: Server;
  #provider: Provider | null = null;
  #options: Partial<Configuration> = {};
  #redirects: readonly string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OpenIdProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new OpenIdProvider(server);
    provider.configure({});
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Becomes one that lets browsers go to these places of one app. */
  allow(...origins: readonly string[]): void {
    this.#redirects = origins;
    this.configure(this.#options);
  }

  /** Becomes another one at the same place; with new keys. */
  configure(options: Partial<Configuration>): void {
    this.#options = options;
    const origins = this.#redirects.length === 0 ? ['http://127.0.0.1:9'] : this.#redirects;
    const provider = new Provider(this.issuer, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: origins.map((origin) => `${origin}/sign-in/oidc/callback`),
          post_logout_redirect_uris: origins.map((origin) => `${origin}/sign-in`),
        },
      ],
      claims: {
        email: ['email', 'email_verified'],
        profile: ['name', 'preferred_username', 'groups'],
      },
      // Without them it complains at each start.
      ttl: {
        AccessToken: HOUR,
        AuthorizationCode: 60,
        Grant: HOUR,
        IdToken: HOUR,
        Interaction: HOUR,
        Session: HOUR,
      },
      jwks: { keys: [newKey()] },
      cookies: { keys: ['a key of the provider for its cookies'] },
      findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ ...this.people.get(sub), sub }) }),
      ...options,
    });
    const answer = provider.callback();
    this.#server.removeAllListeners('request');
    this.#server.on('request', (request, response) => void answer(request, response));
    this.#provider = provider;
  }

  /** What the provider itself does, for tests that listen. */
  get events(): Provider {
    if (this.#provider === null) throw new Error('configured at start');
    return this.#provider;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /**
   * Does what somebody with a browser does on the provider's pages: names himself, and agrees.
   * @param url - where the app has sent him
   * @returns where the provider sends him back to
   */
  async signIn(url: string, login: string): Promise<URL> {
    const jar = new Map<string, string>();
    let next = new URL(url);
    let body: URLSearchParams | null = null;
    for (let step = 0; step < 20; step += 1) {
      const response: Response = await fetch(next, {
        method: body === null ? 'GET' : 'POST',
        body,
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
      });
      keepCookies(jar, response);
      body = null;
      const location = response.headers.get('location');
      const text = await response.text();
      if (location !== null) {
        next = new URL(location, next);
        if (next.origin !== this.issuer) return next;
        continue;
      }
      const prompt = /name="prompt" value="(\w+)"/.exec(text)?.[1];
      if (prompt === undefined)
        throw new Error(`${response.status} ${next.pathname}: ${text.slice(0, 2_000)}`);
      body = new URLSearchParams({ prompt, login, password: 'any' });
    }
    throw new Error('it never came back');
  }
}

function keepCookies(jar: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
    if (value === '') jar.delete(name);
    else jar.set(name, value);
  }
}

function newKey(): JWK {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' } as JWK;
}
