/** Who may call the dashboard. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isLoopback } from '../options.js';

/**
 * Whether a `Host` header names this machine or an allowed name. A page elsewhere can point its own name at 127.0.0.1
 * (DNS rebinding), but not change the name that the browser sends. The port may differ: `ssh -L` changes it.
 */
export function isKnownHost(host: string | undefined, allowed: readonly string[]): boolean {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '');
  const name = (match?.[1] ?? '').toLowerCase().replace(/^\[|\]$/g, '');
  return name !== '' && (name === 'localhost' || isLoopback(name) || allowed.includes(name));
}

/**
 * Whether a request that changes something comes from the dashboard's own page. Browsers send `Origin` with every
 * POST, and `Sec-Fetch-Site`, which pages cannot forge; a request with neither was not made by a page of ours.
 */
export function isSameOrigin({ origin, host, ...headers }: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  if (origin === undefined) return site === 'same-origin';
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`);
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
