import { hasCode } from '../errors.js';
import type { Endpoint, WaitOptions } from '../transport/index.js';
import { CLOSE_NORMAL, type EndpointAddress, OWN_PLATFORM_ALPN } from '../wire/index.js';

/**
 * Whether the platform is one of this package's: only those take connections with an ALPN of our own, on which nothing
 * is sent. The services protocol has no field for this, and an addition to it might disturb the hosted backend. With
 * the hosted backend this attempt ends before a connection is made.
 * @throws `ERR_ABORTED`
 */
export async function isOwnKind(
  endpoint: Endpoint,
  platform: EndpointAddress,
  wait: WaitOptions,
): Promise<boolean> {
  try {
    const connection = await endpoint.connect(platform, OWN_PLATFORM_ALPN, wait);
    connection.close(CLOSE_NORMAL);
    return true;
  } catch (error) {
    if (hasCode(error, 'ERR_ABORTED')) throw error;
    return false;
  }
}
