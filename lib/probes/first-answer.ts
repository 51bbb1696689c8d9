import { NO_ROUTE_CODES } from './constants.js';
import type { ResolvedAddress } from './resolver.js';

/**
 * Tries all addresses of a host at the same time and returns the first success, so that a family that is broken
 * does not hold up the other. The losers are aborted.
 *
 * @throws the error of the attempt that came furthest
 */
export async function firstAnswer<T>(
  addresses: readonly ResolvedAddress[],
  signal: AbortSignal,
  attempt: (address: ResolvedAddress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const losers = new AbortController();
  const either = AbortSignal.any([signal, losers.signal]);
  try {
    return await Promise.any(addresses.map((address) => attempt(address, either)));
  } catch (error) {
    throw error instanceof AggregateError ? mostTelling(error.errors) : error;
  } finally {
    losers.abort();
  }
}

// "No route over IPv6" says little beside "the certificate has expired" over IPv4.
function mostTelling(errors: readonly unknown[]): unknown {
  const code = (error: unknown) => String((error as { code?: unknown }).code);
  return errors.find((error) => !NO_ROUTE_CODES.has(code(error))) ?? errors[0];
}
