import { BlockList, isIP } from 'node:net';

const UNSPECIFIED = new BlockList();
UNSPECIFIED.addAddress('0.0.0.0', 'ipv4');
UNSPECIFIED.addAddress('::', 'ipv6');

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('0.0.0.0', 8, 'ipv4');
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::', 'ipv6');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Whether an address leads to no other machine. `unspecified`: 0.0.0.0 and `::` alone, which nobody can mean;
 * `loopback`: this machine's own as well.
 */
export function leadsNowhere(ip: string, kind: 'unspecified' | 'loopback'): boolean {
  const family = isIP(ip);
  if (family === 0) return true;
  return (kind === 'unspecified' ? UNSPECIFIED : LOOPBACK).check(ip, family === 6 ? 'ipv6' : 'ipv4');
}

/** Whether a name is this machine's by definition (RFC 6761, section 6.3). */
export function isLocalHost(name: string): boolean {
  return /(^|\.)localhost\.?$/i.test(name);
}
