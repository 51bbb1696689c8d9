import type { EndpointId } from 'iroh-net-diagnostics/services';

/**
 * Scripts cannot read it, and pages of other sites send it with nothing but a link to us. `Strict` would leave it out also
 * when a provider of OpenID Connect sends the browser back.
 */
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Lax';
/** Browsers accept a cookie with such a name only from its own host, and only over TLS. */
const TLS_PREFIX = '__Host-';
const VALUE = /^[\w-]{43}$/;
/** So many of one name are looked at: the database is asked for each. */
const MAX_VALUES = 4;

/** The cookie by which a browser is known again. Its name is that of no other platform on the same host. */
export class SignInCookie {
  readonly #name: string;

  /** @param platformId - the same in all processes of one platform, which know each other's sign-ins */
  constructor(platformId: EndpointId) {
    this.#name = `net_diagnostics_${platformId.slice(0, 8)}`;
  }

  /** @param isTls - whether the browser came over TLS @returns for `Set-Cookie` */
  set(value: string, isTls: boolean): string[] {
    return isTls
      ? [`${TLS_PREFIX}${this.#name}=${value}; ${ATTRIBUTES}; Secure`, this.#clearPlain()]
      : [`${this.#name}=${value}; ${ATTRIBUTES}`];
  }

  /** @returns for `Set-Cookie` */
  clear(): string[] {
    return [`${TLS_PREFIX}${this.#name}=; ${ATTRIBUTES}; Secure; Max-Age=0`, this.#clearPlain()];
  }

  /**
   * The values that a browser sent. Another host of the same site can add cookies of our name beside or before ours, but
   * none with the prefix: where there is one, or TLS is certain, no other counts.
   * @param header - `Cookie`
   */
  values(header: string | undefined, isTls: boolean): string[] {
    const pairs = (header ?? '').split(';').map((pair) => pair.trim());
    const of = (name: string) =>
      pairs
        .filter((pair) => pair.startsWith(`${name}=`))
        .map((pair) => pair.slice(name.length + 1))
        .filter((value) => VALUE.test(value))
        .slice(0, MAX_VALUES);
    const bound = of(TLS_PREFIX + this.#name);
    return bound.length > 0 || isTls ? bound : of(this.#name);
  }

  #clearPlain(): string {
    return `${this.#name}=; ${ATTRIBUTES}; Max-Age=0`;
  }
}
