import { scoped } from '../../async/index.js';
import { codeOf } from '../../errors.js';
import { NO_ROUTE_CODES } from '../constants.js';
import type { ResolvedAddress } from '../names/resolver.js';

/**
 * Tries all addresses of a host, each as soon as it is known, and returns the first success. So a family that is
 * broken, or whose name server is silent, does not delay the other. The other attempts are aborted.
 *
 * @throws the error of the attempt that came furthest
 */
export function firstAnswer<T>(
  addresses: AsyncIterable<readonly ResolvedAddress[]>,
  signal: AbortSignal,
  attempt: (address: ResolvedAddress, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const errors: unknown[] = [];
  const attempts: Promise<void>[] = [];
  return scoped(
    signal,
    (scope) =>
      new Promise<T>((resolve, reject) => {
        const start = (address: ResolvedAddress) =>
          attempt(address, scope.signal).then(resolve, (error: unknown) => void errors.push(error));
        const startAll = async () => {
          for await (const known of addresses) attempts.push(...known.map(start));
          await Promise.all(attempts);
          throw mostTelling(errors);
        };
        startAll().catch(reject);
      }),
  );
}

// "The certificate has expired" over IPv4 explains more than "no route" over IPv6.
function mostTelling(errors: readonly unknown[]): unknown {
  return errors.find((error) => !NO_ROUTE_CODES.has(codeOf(error))) ?? errors[0];
}
