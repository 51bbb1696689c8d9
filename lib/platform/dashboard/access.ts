/** Who may call the dashboard. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { hostName, isLoopbackHost, siteOf } from '../../http-kit/index.js';

/** Whether a `Host` header names this machine or an allowed name. */
export function isKnownHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = hostName(host);
  return isLoopbackHost(host) || (name !== null && allowed.includes(name));
}

/**
 * Whether a request that changes something comes from the dashboard's own page. Browsers say so with every POST; a
 * request that says nothing was not made by a page of ours.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  return siteOf(headers, headers.host) === 'own';
}

/** The login: one token, in the URL that the platform prints; then a cookie. */
export class Login {
  /** A credential. */
  readonly token: string;
  readonly #cookieValue = randomBytes(32).toString('base64url');
  readonly #cookieName: string;

  /** @param port - in the cookie's name, since browsers share cookies between the ports of a host */
  constructor(token: string | null, port: number) {
    this.token = token ?? randomBytes(32).toString('base64url');
    this.#cookieName = `net_diagnostics_${port}`;
  }

  isToken(text: string): boolean {
    return isEqual(text, this.token);
  }

  /** For `Set-Cookie`. It ends with the browser, or with the platform: the value is new at each start. */
  cookie(): string {
    return `${this.#cookieName}=${this.#cookieValue}; Path=/; HttpOnly; SameSite=Strict`;
  }

  hasCookie(header: string | undefined): boolean {
    const pairs = (header ?? '').split(';').map((pair) => pair.trim());
    const own = pairs.find((pair) => pair.startsWith(`${this.#cookieName}=`));
    return own !== undefined && isEqual(own.slice(this.#cookieName.length + 1), this.#cookieValue);
  }

  /** For programs: `Authorization: Bearer <token>`. */
  hasBearer(header: string | undefined): boolean {
    const match = /^Bearer (\S+)$/i.exec(header ?? '');
    return match?.[1] !== undefined && this.isToken(match[1]);
  }
}

/** In constant time, whatever the lengths. */
function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
