import { withDeadline } from '../async/index.js';
import { hasCode } from '../errors.js';
import type { Connection, Endpoint } from '../transport/index.js';
import { type EndpointAddress, SERVICES_ALPN } from '../wire/index.js';
import { RELAYS_ALONE_MS } from './limits.js';

/** The part of an endpoint that dials. */
export type Dialler = Pick<Endpoint, 'connect' | 'relays'>;

/**
 * Connects to a platform: by its relays alone if this endpoint uses one of them, and if that brings nothing, by all its
 * addresses.
 *
 * iroh sends a handshake to all addresses that it knows, and the platform answers where the first datagram came from. Behind a
 * firewall that lets datagrams out and no answers in, that is the direct address, and no attempt ever succeeds, although the
 * relay works. A direct path that works is found from there within a second.
 * @throws as `Endpoint.connect`
 */
export function dialPlatform(
  endpoint: Dialler,
  platform: EndpointAddress,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
): Promise<Connection> {
  return withDeadline({ signal }, timeoutMs, async (rest) => {
    if (hasBoth(platform) && sharesRelay(endpoint, platform)) {
      const relaysAlone = { ...platform, directAddrs: [] };
      const wait = { signal, timeoutMs: Math.min(RELAYS_ALONE_MS, timeoutMs / 2) };
      try {
        return await endpoint.connect(relaysAlone, SERVICES_ALPN, wait);
      } catch (error) {
        if (!hasCode(error, 'ERR_TIMEOUT') && !hasCode(error, 'ERR_CONNECT')) throw error;
      }
    }
    return endpoint.connect(platform, SERVICES_ALPN, rest());
  });
}

function hasBoth({ relayUrls, directAddrs }: EndpointAddress): boolean {
  return relayUrls.length > 0 && directAddrs.length > 0;
}

function sharesRelay(endpoint: Dialler, { relayUrls }: EndpointAddress): boolean {
  return endpoint.relays().some(({ url }) => relayUrls.includes(url));
}
