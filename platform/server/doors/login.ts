import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Browsers that are logged in at once; one more logs out the one that logged in first. */
const MAX_BROWSERS = 64;
/** Pages of other sites cannot use the cookie, and scripts cannot read it. */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict';
/** Browsers accept a cookie with such a name only from its own host, and only over TLS. */
const TLS_PREFIX = '__Host-';

/** The login: one token, and a cookie for each browser that has sent it. */
export class Login {
  /** A credential. */
  readonly token: string;
  readonly #cookieName: string;
  /** Hashes of the cookies' values; the oldest first. */
  readonly #browsers = new Set<string>();

  /** @param port - in the cookie's name, since browsers share cookies between the ports of a host */
  constructor(token: string | null, port: number) {
    this.token = token ?? randomBytes(32).toString('base64url');
    this.#cookieName = `net_diagnostics_${port}`;
  }

  isToken(text: string): boolean {
    return isEqual(text, this.token);
  }

  /**
   * Logs a browser in, until it is closed, until it logs out, or until the platform stops.
   * @param headers - those of the request that sent the token
   * @returns for `Set-Cookie`
   */
  begin(headers: IncomingHttpHeaders): string {
    const value = randomBytes(32).toString('base64url');
    this.#browsers.add(hashOf(value));
    const [oldest] = this.#browsers;
    if (oldest !== undefined && this.#browsers.size > MAX_BROWSERS) this.#browsers.delete(oldest);
    // Browsers send `Origin` with every POST. Behind a TLS proxy it says https, although plain HTTP reaches us.
    const isTls = headers.origin?.startsWith('https://') === true;
    return isTls
      ? `${TLS_PREFIX}${this.#cookieName}=${value}; ${ATTRIBUTES}; Secure`
      : `${this.#cookieName}=${value}; ${ATTRIBUTES}`;
  }

  /** Logs the browser out. @returns for `Set-Cookie` */
  end(header: string | undefined): string[] {
    for (const value of this.#values(header)) this.#browsers.delete(hashOf(value));
    return [
      `${TLS_PREFIX}${this.#cookieName}=; ${ATTRIBUTES}; Secure; Max-Age=0`,
      `${this.#cookieName}=; ${ATTRIBUTES}; Max-Age=0`,
    ];
  }

  hasCookie(header: string | undefined): boolean {
    return this.#values(header).some((value) => this.#browsers.has(hashOf(value)));
  }

  /**
   * The values of all cookies with these names: another host of the same site can add its own beside or before ours.
   */
  #values(header: string | undefined): string[] {
    const names = [`${TLS_PREFIX}${this.#cookieName}=`, `${this.#cookieName}=`];
    const pairs = (header ?? '').split(';').map((pair) => pair.trim());
    return pairs.flatMap((pair) =>
      names.filter((name) => pair.startsWith(name)).map((name) => pair.slice(name.length)),
    );
  }
}

/** In constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(hashOf(a)), Buffer.from(hashOf(b)));
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
