/** How long to wait before trying again. Pure: randomness comes in as an argument. */
import type { RemoteFailure } from '../wire/index.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';

/**
 * Spreads a delay evenly over half to one and a half times its length, so that endpoints that lost the same
 * platform at the same moment do not come back at the same moment.
 * @param random - 0 (inclusive) to 1 (exclusive)
 */
export function jittered(delayMs: number, random: number): number {
  return Math.round(delayMs * (0.5 + random));
}

/**
 * The delay before retry number `attempt` (0 is the first): doubled each time, clamped, and jittered last; the
 * other way round all endpoints would meet again at the clamp.
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
 * The delay before a request is repeated that the platform answered with `failure`: soon when it says that the
 * fault is its own or that it was asked too often, slowly when only a person can change the answer.
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
