/** When a grant is renewed. Pure. */
import { TOKEN_LIFETIME_SECONDS } from '../wire/index.js';

/**
 * When a token is due for renewal: at half of its life, so that the platform may be away for the other half
 * without the button going grey. A life that a revocation mark in the far future has stretched counts as a usual one.
 * @param issuedAt - unix seconds
 * @param expiresAt - unix seconds
 * @returns milliseconds since the epoch
 */
export function renewalTime(issuedAt: number, expiresAt: number): number {
  const life = Math.min(expiresAt - issuedAt, TOKEN_LIFETIME_SECONDS);
  return (issuedAt + life / 2) * 1000;
}
