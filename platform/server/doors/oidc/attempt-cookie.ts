import { randomBytes } from 'node:crypto';
import type { EndpointId } from 'iroh-net-diagnostics/services';
import { ATTEMPT_MS } from '../../../people/oidc-attempts.js';

/** As the sign-in's own. `Strict` would leave it out when the provider sends the browser back. */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';
const TLS_PREFIX = '__Host-';
const VALUE = /^[\w-]{43}$/;
const MAX_VALUES = 4;

/** The cookie that binds a sign-in that is under way to the browser that began it. It is nobody's name for anything else. */
export class AttemptCookie {
  readonly #name: string;

  constructor(platformId: EndpointId) {
    this.#name = `net_diagnostics_${platformId.slice(0, 8)}_oidc`;
  }

  /** What a browser brings, or what it gets now. In several of its windows sign-ins can be under way. */
  valueFor(header: string | undefined, isTls: boolean): string {
    return this.values(header, isTls)[0] ?? randomBytes(32).toString('base64url');
  }

  /** @returns for `Set-Cookie` */
  set(value: string, isTls: boolean): string {
    const text = `${this.#nameFor(isTls)}=${value}; ${ATTRIBUTES}; Max-Age=${ATTEMPT_MS / 1_000}`;
    return isTls ? `${text}; Secure` : text;
  }

  /** All values of the name: another host of the site may have put its own beside ours. */
  values(header: string | undefined, isTls: boolean): string[] {
    const start = `${this.#nameFor(isTls)}=`;
    return (header ?? '')
      .split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair.startsWith(start))
      .map((pair) => pair.slice(start.length))
      .filter((value) => VALUE.test(value))
      .slice(0, MAX_VALUES);
  }

  #nameFor(isTls: boolean): string {
    return isTls ? TLS_PREFIX + this.#name : this.#name;
  }
}
