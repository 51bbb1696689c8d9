import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Claims of an ID token. */
export type Claims = Record<string, unknown>;

/** What a token is signed with; `none`: nothing. */
export type Signing = 'right' | 'other-key' | 'none' | 'hmac-with-public-key' | 'broken';

const CLIENT = 'net-diagnostics';

/** An OpenID provider that answers what a test wants. It takes every code. */
export class HostileOpenId {
  /** What the token endpoint answers, in the place of a token. */
  answer: ((response: ServerResponse) => void) | null = null;
  /** Changes the claims. */
  claims: (right: Claims) => Claims = (right) => right;
  signing: Signing = 'right';
  /** What the discovery document says besides. */
  metadata: Record<string, unknown> = {};
  /** What the userinfo endpoint says. */
  userinfo: Claims = {};
  /** The nonce of the sign-in that is under way. */
  nonce = '';
  readonly #server: Server;
  readonly #keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  readonly #others = generateKeyPairSync('rsa', { modulusLength: 2048 });

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => this.#answer(request, response));
  }

  static async start(): Promise<HostileOpenId> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new HostileOpenId(server);
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { issuer } = this;
    const json = (value: unknown) =>
      response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return void json({
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/keys`,
          ...this.metadata,
        });
      case '/keys':
        return void json({ keys: [{ ...this.#keys.publicKey.export({ format: 'jwk' }), use: 'sig' }] });
      case '/userinfo':
        return void json(this.userinfo);
      case '/token':
        if (this.answer !== null) this.answer(response);
        else json({ access_token: 'any', token_type: 'Bearer', id_token: this.#token() });
        return;
      default:
        response.writeHead(404).end();
    }
  }

  #token(): string {
    const now = Math.floor(Date.now() / 1_000);
    const right = {
      iss: this.issuer,
      aud: CLIENT,
      sub: 'mallory',
      iat: now,
      exp: now + 300,
      nonce: this.nonce,
    };
    const alg = { none: 'none', 'hmac-with-public-key': 'HS256' }[this.signing as string] ?? 'RS256';
    const head = `${part({ alg, typ: 'JWT' })}.${part(this.claims(right))}`;
    return `${head}.${this.#signature(head)}`;
  }

  #signature(head: string): string {
    const by = (key: KeyObject) => sign('sha256', Buffer.from(head), key).toString('base64url');
    switch (this.signing) {
      case 'right':
        return by(this.#keys.privateKey);
      case 'other-key':
        return by(this.#others.privateKey);
      case 'none':
        return '';
      case 'hmac-with-public-key': {
        const pem = this.#keys.publicKey.export({ type: 'spki', format: 'pem' });
        return createHmac('sha256', pem).update(head).digest('base64url');
      }
      case 'broken':
        return by(this.#keys.privateKey).replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    }
  }
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
