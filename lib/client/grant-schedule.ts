/** When a grant is renewed. Pure. */
import { TOKEN_LIFETIME_SECONDS } from '../wire/index.js';

/**
 * When a token is renewed: at half of its lifetime. So the button still works if the platform is away for the other
 * half. A lifetime that is longer because of a revocation mark in the far future counts as the usual one.
 * @param issuedAt - unix seconds
 * @param expiresAt - unix seconds
 * @returns milliseconds since the epoch
 */
export function renewalTime(issuedAt: number, expiresAt: number): number {
  const life = Math.min(expiresAt - issuedAt, TOKEN_LIFETIME_SECONDS);
  return (issuedAt + life / 2) * 1000;
}
