/** Where a request may come from. */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { hostName, isLoopbackHost, siteOf } from 'iroh-net-diagnostics/services';

/** Whether a `Host` header names this machine or an allowed name. */
export function isKnownHost(host: string | undefined, allowed: readonly string[]): boolean {
  const name = hostName(host);
  return isLoopbackHost(host) || (name !== null && allowed.includes(name));
}

/**
 * Whether a request that changes something comes from the dashboard's own page. Browsers say so with every POST; a
 * request that says nothing was not made by a page of ours.
 */
export function isSameOrigin(headers: IncomingHttpHeaders): boolean {
  return siteOf(headers, headers.host) === 'own';
}

/**
 * Whether the browser came over TLS: to us, or to a proxy that is trusted, or to one that left us the page's own origin, which
 * browsers send with every POST.
 */
export function isTls({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || (headers.origin?.startsWith('https://') === true && isSameOrigin(headers));
}
