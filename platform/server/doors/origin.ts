/** Where a request comes from, and which way. What a proxy says of it is believed where the framework was told to (`trustProxy`). */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import {
  canonicalIp,
  hostName,
  isLoopbackAddress,
  isLoopbackHost,
  siteOf,
  unmappedIp,
} from 'iroh-net-diagnostics/services';
import type { DashboardSettings } from '../../options.js';

/** Names under which browsers may come; `addresses`: any address, and no name but those of this machine. */
export type AllowedHosts = readonly string[] | 'addresses';

/** Whether a `Host` header names this machine or an allowed name. */
export function isKnownHost(host: string | undefined, allowed: AllowedHosts): boolean {
  const name = hostName(host);
  if (name === null) return false;
  return isLoopbackHost(host) || (allowed === 'addresses' ? isIP(name) !== 0 : allowed.includes(name));
}

/**
 * Names under which browsers may come; `null`: any, beyond loopback, where the operator named none. A page of another site can
 * make its own name lead here, but not an address; its visitors' browsers send no cookie of ours to that name, but without
 * a login they need none.
 */
export function allowedNames({
  hosts,
  allowedHosts,
  publicUrl,
  hasLogin,
}: Pick<DashboardSettings, 'hosts' | 'allowedHosts' | 'publicUrl' | 'hasLogin'>): AllowedHosts | null {
  const own = publicUrl === null ? null : hostName(new URL(publicUrl).host);
  const named = [...allowedHosts, ...(own === null ? [] : [own])];
  if (hosts.every(isLoopbackAddress) || named.length > 0) return [...named, ...hosts];
  return hasLogin ? null : 'addresses';
}

/**
 * Whether a request that changes something comes from the dashboard's own page. Browsers say so with every POST; a
 * request that says nothing was not made by a page of ours.
 */
export function isSameOrigin(
  request: Pick<FastifyRequest, 'headers' | 'host' | 'protocol'>,
  publicUrl: string | null,
): boolean {
  const { headers, host } = request;
  // Where browsers come over TLS, a page of our name over plain HTTP is one that anybody in between can make.
  if (headers.origin === `http://${host}` && isTls(request, publicUrl)) return false;
  if (siteOf(headers, host) === 'own') return true;
  // A proxy may leave out the port, or pass on a name of its own.
  const { origin = '', host: publicHost = '' } = publicUrl === null ? {} : new URL(publicUrl);
  return headers.origin === origin && siteOf(headers, publicHost) === 'own';
}

/**
 * Whether the browser came over TLS, so that a cookie may be for TLS alone: to us, to a proxy that is trusted, or to one that left us
 * the page's own origin.
 */
export function isTls(
  { headers, host, protocol }: Pick<FastifyRequest, 'headers' | 'host' | 'protocol'>,
  publicUrl: string | null,
): boolean {
  if (protocol.toLowerCase() === 'https') return true;
  // Browsers send it with every POST. Behind a TLS proxy that is not trusted, plain HTTP reaches us.
  if (headers.origin === `https://${host}`) return true;
  // It is known by its name: an address of its own, `ssh -L` for one, is not behind the TLS of the public one.
  return publicUrl === null ? false : new URL(publicUrl).origin === `https://${host}`;
}

/** A year, as is usual. Not for names below this one, which are not ours, nor for the lists in browsers. */
const STRICT_TRANSPORT = 'max-age=31536000';

/**
 * What browsers are to keep in mind of this name: that nobody comes to it without TLS (`Strict-Transport-Security`). Only where we
 * speak TLS, or by the name of an `https:` public URL: what a proxy does with its other names is the proxy's. Never for this machine,
 * since it would hold for whatever else listens there.
 * @returns `null`: nothing
 */
export function strictTransport(
  { host }: Pick<FastifyRequest, 'host'>,
  { hasTls, publicUrl }: { hasTls: boolean; publicUrl: string | null },
): string | null {
  const name = hostName(host);
  // Browsers keep nothing of an address.
  if (name === null || isIP(name) !== 0 || isLoopbackHost(host) || name.endsWith('.localhost')) return null;
  const { protocol, host: named } = publicUrl === null ? { protocol: '', host: '' } : new URL(publicUrl);
  return hasTls || (protocol === 'https:' && hostName(named) === name) ? STRICT_TRANSPORT : null;
}

/** The client's address, or that of the last proxy which is not trusted. */
export function addressOf({ ip, socket }: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  // Some proxies add the port; and what a client says may be any text.
  const address = ip.replace(/^\[([^\]]*)\](?::\d+)?$/, '$1').replace(/^(\d+(?:\.\d+){3}):\d+$/, '$1');
  const own = socket.remoteAddress ?? '';
  return unmappedIp(canonicalIp(address) ?? canonicalIp(own) ?? own);
}
