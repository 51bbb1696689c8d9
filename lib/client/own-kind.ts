import { hasCode } from '../errors.js';
import type { Endpoint, WaitOptions } from '../transport/index.js';
import { CLOSE_NORMAL, type EndpointAddress, OWN_PLATFORM_ALPN } from '../wire/index.js';

/**
 * Whether the platform is one of this package's: it takes connections by a protocol of our own, in which nothing is
 * said. The services protocol has no field that could tell, and anything added to it might upset the hosted backend,
 * where this attempt ends before a connection is made.
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
