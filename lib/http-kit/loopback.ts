import { isIPv4 } from 'node:net';

/** How a socket that takes both families shows an IPv4 address (RFC 4291, section 2.5.5.2). */
const MAPPED_IPV4 = /^::ffff:(?=\d+\.)/i;

/** Whether an IP address is this machine's own: `127.0.0.0/8` or `::1`, also IPv4 in IPv6 clothes. */
export function isLoopbackAddress(address: string): boolean {
  const bare = address.replace(MAPPED_IPV4, '');
  return bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/** The name in a `Host` header, in lower case and without brackets; `null` when the header is malformed. */
export function hostName(host: string | undefined): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match?.[1]?.toLowerCase().replace(/^\[|\]$/g, '') ?? null;
}

/**
 * Whether a `Host` header names this machine. A page elsewhere can point its own name at 127.0.0.1 (DNS rebinding),
 * but not change the name that the browser sends. The port may differ: `ssh -L` changes it.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  const name = hostName(host);
  return name !== null && (name === 'localhost' || isLoopbackAddress(name));
}
