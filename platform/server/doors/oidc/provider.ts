import { readFile } from 'node:fs/promises';
import { codeOf, NetDiagnosticsError, printable } from 'iroh-net-diagnostics/services';
import type * as Client from 'openid-client';
import type { OidcSettings } from '../../../oidc-options.js';
import { ANSWER_TIMEOUT_MS, AnswerTooLong, boundedFetch } from './bounded-fetch.js';
import { identityOf, type OidcIdentity } from './claims.js';
import { chainOf, OidcFailure, type OidcReason } from './failure.js';

/** What the provider says of itself is asked for again after this. Milliseconds. */
const METADATA_AGE_MS = 10 * 60_000;
/** A provider that did not answer is left alone for so long: a page full of impatient people asks it once. Milliseconds. */
const AWAY_MS = 3_000;
/** How far two clocks may be apart. Seconds. */
const CLOCK_TOLERANCE_S = 60;
const MAX_SECRET_FILE = 4_096;

/** What has to be remembered between the way to the provider and the way back. */
export interface OidcProof {
  /** Comes back in the callback's URL. */
  state: string;
  /** Comes back in the ID token. */
  nonce: string;
  /** PKCE: who redeems the code shows that he began. */
  verifier: string;
}

/** One OpenID provider, as its discovery document describes it. Asked for when the first person wants to sign in. */
export class OidcProvider {
  readonly settings: OidcSettings;
  readonly #now: () => number;
  #metadata: { at: number; promise: Promise<Client.ServerMetadata> } | null = null;

  /** @param now - this machine's time, Unix milliseconds */
  constructor(settings: OidcSettings, now: () => number) {
    this.settings = settings;
    this.#now = now;
  }

  /** Looks whether the secret's file can be read. @throws NetDiagnosticsError `ERR_SETTING` */
  async check(): Promise<void> {
    await this.#secret();
  }

  /**
   * Begins a sign-in.
   * @param redirectUri - the callback's URL, as it is registered with the provider
   * @throws OidcFailure `away`, `set-up`
   */
  async begin(redirectUri: string): Promise<{ url: string; proof: OidcProof }> {
    return telling('set-up', async (client) => {
      const configuration = await this.#configuration(client);
      const verifier = client.randomPKCECodeVerifier();
      const proof = { state: client.randomState(), nonce: client.randomNonce(), verifier };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: this.settings.scopes.join(' '),
        state: proof.state,
        nonce: proof.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, proof };
    });
  }

  /**
   * Ends a sign-in: redeems the code, and proves what comes for it.
   * @param callback - the URL to which the provider sent the browser. Without its query it has to be the one of `begin`
   * @throws OidcFailure
   */
  async finish(callback: URL, { state, nonce, verifier }: OidcProof): Promise<OidcIdentity> {
    return telling('untrusted', async (client) => {
      const configuration = await this.#configuration(client);
      const tokens = await client.authorizationCodeGrant(configuration, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (claims === undefined) throw new OidcFailure('untrusted', 'there is no ID token');
      const { groupsClaim } = this.settings;
      const { userinfo_endpoint: userinfo } = configuration.serverMetadata();
      // Many providers keep the ID token short, and tell the rest to who asks.
      const isShort = ['email', 'preferred_username', groupsClaim].some(
        (name) => !Object.hasOwn(claims, name),
      );
      const more =
        isShort && userinfo !== undefined
          ? await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)
          : {};
      return identityOf(together(claims, more), groupsClaim);
    });
  }

  /**
   * Where a browser goes to sign out at the provider as well; `null` when the provider has no such place, or is away.
   * @param returnTo - where it comes back to, as it is registered with the provider
   */
  async signOutUrl(returnTo: string): Promise<string | null> {
    try {
      const client = await import('openid-client');
      const configuration = await this.#configuration(client);
      if (configuration.serverMetadata().end_session_endpoint === undefined) return null;
      return client.buildEndSessionUrl(configuration, { post_logout_redirect_uri: returnTo }).href;
    } catch {
      return null;
    }
  }

  /**
   * Made anew for each use: the provider's keys are asked for at each sign-in, so a changed one locks nobody out, and a
   * changed secret counts at once.
   */
  async #configuration(client: typeof Client): Promise<Client.Configuration> {
    const metadata = await this.#discovered(client);
    const secret = await this.#secret();
    const methods = metadata.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const authentication =
      secret === null
        ? client.None()
        : methods.includes('client_secret_basic')
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret);
    const configuration = new client.Configuration(
      metadata,
      this.settings.clientId,
      {
        [client.clockTolerance]: CLOCK_TOLERANCE_S,
        [client.clockSkew]: Math.round((this.#now() - Date.now()) / 1_000),
      },
      authentication,
    );
    configuration[client.customFetch] = boundedFetch;
    configuration.timeout = ANSWER_TIMEOUT_MS / 1_000;
    for (const extend of this.#extensions(client)) extend(configuration);
    return configuration;
  }

  #extensions(client: typeof Client): ((configuration: Client.Configuration) => void)[] {
    const isPlain = this.settings.issuer.startsWith('http:');
    // TLS alone would prove where the ID token comes from; its signature does so without a proxy's help as well.
    return [client.enableNonRepudiationChecks, isPlain ? client.allowInsecureRequests : []].flat();
  }

  async #discovered(client: typeof Client): Promise<Client.ServerMetadata> {
    const now = this.#now();
    if (this.#metadata === null || Math.abs(now - this.#metadata.at) > METADATA_AGE_MS) {
      const entry = { at: now, promise: this.#discover(client) };
      this.#metadata = entry;
      entry.promise.catch(() => {
        entry.at = now - METADATA_AGE_MS + AWAY_MS;
      });
    }
    return this.#metadata.promise;
  }

  async #discover(client: typeof Client): Promise<Client.ServerMetadata> {
    const { issuer, clientId } = this.settings;
    return telling('set-up', async () => {
      // The whole address: for some providers' issuers alone the library would take a document of another one.
      const url = new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
      const configuration = await client.discovery(url, clientId, undefined, client.None(), {
        [client.customFetch]: boundedFetch,
        timeout: ANSWER_TIMEOUT_MS / 1_000,
        execute: this.#extensions(client),
      });
      const metadata = configuration.serverMetadata();
      // Two issuers with one document: a subject of the one would be that of the other.
      if (metadata.issuer.replace(/\/$/, '') !== issuer.replace(/\/$/, '')) {
        throw new OidcFailure(
          'set-up',
          `the provider calls itself ${printable(metadata.issuer)}: dashboard.oidc.issuer has to be that`,
        );
      }
      return metadata;
    });
  }

  async #secret(): Promise<string | null> {
    const { clientSecretFile: path } = this.settings;
    if (path === null) return null;
    const refuse = (why: string, cause?: unknown) =>
      new NetDiagnosticsError('ERR_SETTING', `The file ${path} of dashboard.oidc.clientSecretFile ${why}.`, {
        cause,
      });
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      throw refuse(`cannot be read (${codeOf(error)})`, error);
    });
    const secret = text.trim();
    if (secret === '') throw refuse('is empty');
    if (secret.length > MAX_SECRET_FILE) throw refuse(`has more than ${MAX_SECRET_FILE} characters`);
    return secret;
  }
}

/** What the ID token does not say, the userinfo endpoint may. That an address is verified, is said of that address alone. */
function together(claims: Claims, more: Claims): Claims {
  const email = claims.email ?? more.email;
  const about = [claims, more].filter((one) => one.email === email);
  const isVerified = about.map((one) => one.email_verified).find((said) => said !== undefined);
  return { ...more, ...claims, email, email_verified: isVerified };
}

type Claims = Readonly<Record<string, unknown>>;

/** Loads the library, which nobody needs who does not sign in this way, and puts every error into our words. */
async function telling<T>(otherwise: OidcReason, act: (client: typeof Client) => Promise<T>): Promise<T> {
  try {
    return await act(await import('openid-client'));
  } catch (error) {
    if (error instanceof OidcFailure) throw error;
    if (error instanceof NetDiagnosticsError)
      throw new OidcFailure('set-up', error.message, { cause: error });
    throw new OidcFailure(reasonOf(error) ?? otherwise, detailOf(error), { cause: error });
  }
}

/** `code`s of openid-client and oauth4webapi. */
const REASONS: Readonly<Record<string, OidcReason>> = {
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'clock',
  OAUTH_WWW_AUTHENTICATE_CHALLENGE: 'set-up',
  OAUTH_TIMEOUT: 'away',
  OAUTH_ABORT: 'away',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'away',
  OAUTH_RESPONSE_IS_NOT_JSON: 'away',
  OAUTH_PARSE_ERROR: 'away',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'set-up',
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: 'set-up',
  OAUTH_MISSING_SERVER_METADATA: 'set-up',
  OAUTH_INVALID_SERVER_METADATA: 'set-up',
};

function reasonOf(error: unknown): OidcReason | null {
  const { code, error: word } = error as { code?: unknown; error?: unknown };
  switch (code) {
    // The provider sent the browser back with an error.
    case 'OAUTH_AUTHORIZATION_RESPONSE_ERROR':
      return word === 'server_error' || word === 'temporarily_unavailable' ? 'away' : 'refused';
    // The provider refused the code, or us.
    case 'OAUTH_RESPONSE_BODY_ERROR':
      return word === 'invalid_grant' ? 'over' : 'set-up';
    default:
      if (typeof code === 'string' && Object.hasOwn(REASONS, code)) return REASONS[code] ?? null;
      // What `fetch` throws: refused connections, names that nobody knows, certificates that nobody signed.
      return isFetchFailure(error) ? 'away' : null;
  }
}

function isFetchFailure(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AnswerTooLong) return true;
    // Undici's words: nothing came, and not all came.
    if (at instanceof TypeError && ['fetch failed', 'terminated'].includes(at.message)) return true;
  }
  return false;
}

function detailOf(error: unknown): string {
  const {
    code,
    error: word,
    error_description: words,
  } = error as {
    code?: unknown;
    error?: unknown;
    error_description?: unknown;
  };
  if (code === 'OAUTH_WWW_AUTHENTICATE_CHALLENGE') {
    return 'the provider does not accept this platform: are clientId and the secret in clientSecretFile right?';
  }
  const said = [word, words].filter((part) => typeof part === 'string').join(': ');
  return printable(said === '' ? chainOf(error) : `${chainOf(error)} (${said})`, 500);
}
