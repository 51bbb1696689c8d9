/** How long to wait before trying again. Pure: randomness comes in as an argument. */
import type { RemoteFailure } from '../wire/index.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';

/**
 * Spreads a delay evenly over half to one and a half times its length. Endpoints that lost the same platform at the
 * same moment then do not come back at the same moment.
 * @param random - 0 (inclusive) to 1 (exclusive)
 */
export function jittered(delayMs: number, random: number): number {
  return Math.round(delayMs * (0.5 + random));
}

/**
 * The delay before retry number `attempt` (0 is the first): doubled each time, limited to the maximum, and jittered
 * last. If it was jittered before the limit, all endpoints would come back at the maximum together.
 * @param random - 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds
 */
export function backoffDelay(
  attempt: number,
  random: number,
  limits: Pick<ClientLimits, 'reconnectMinMs' | 'reconnectMaxMs'> = DEFAULT_CLIENT_LIMITS,
): number {
  // 2 ** 30 is beyond every sensible maximum; the exponent is capped so that it never becomes Infinity.
  const doubled = limits.reconnectMinMs * 2 ** Math.min(attempt, 30);
  return jittered(Math.min(doubled, limits.reconnectMaxMs), random);
}

/**
 * The delay before a request that the platform answered with `failure` is repeated. Short for an internal error of
 * the platform and for "asked too often"; long if only a person can change the answer.
 * @param random - 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds
 */
export function retryDelay(
  failure: RemoteFailure,
  attempt: number,
  random: number,
  limits: ClientLimits = DEFAULT_CLIENT_LIMITS,
): number {
  return failure.kind === 'internal-server-error' || failure.kind === 'rate-limited'
    ? backoffDelay(attempt, random, limits)
    : jittered(limits.slowRetryMs, random);
}
