import { BlockList, isIP, isIPv4 } from 'node:net';
import { unmappedIp } from './ip-address.js';

/**
 * Whether an IP address belongs to the public Internet. It is a parameter, because test networks use documentation ranges
 * as public ones.
 */
export type IsPublicAddress = (ip: string) => boolean;

// From IANA's special-purpose registries (RFC 6890 and updates): those ranges in which a peer's address may be.
const NOT_PUBLIC_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared address space of carriers; overlays such as Tailscale live here as well
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3], // multicast, reserved, broadcast
];

// Only 2000::/3 of IPv6 is global unicast. These parts of it are not.
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  ['2001:db8::', 32],
  ['2001::', 32], // Teredo
  ['2002::', 16], // 6to4
  ['3fff::', 20],
];

const notPublicV4 = new BlockList();
for (const [net, bits] of NOT_PUBLIC_V4) notPublicV4.addSubnet(net, bits, 'ipv4');

const globalV6 = new BlockList();
globalV6.addSubnet('2000::', 3, 'ipv6');
const notPublicV6 = new BlockList();
for (const [net, bits] of NOT_PUBLIC_V6) notPublicV6.addSubnet(net, bits, 'ipv6');

// When the outer side of a NAT has one of these addresses, there is another NAT: RFC 1918, RFC 6598 and RFC 6333 (DS-Lite).
const BEHIND_NAT: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['192.0.0.0', 29],
];
const behindNat = new BlockList();
for (const [net, bits] of BEHIND_NAT) behindNat.addSubnet(net, bits, 'ipv4');
const shared = new BlockList();
shared.addSubnet('100.64.0.0', 10, 'ipv4');

// "This host" and loopback, also in IPv6. DNS filters answer with these addresses.
const nowhere = new BlockList();
nowhere.addSubnet('0.0.0.0', 8, 'ipv4');
nowhere.addSubnet('127.0.0.0', 8, 'ipv4');
nowhere.addSubnet('::', 127, 'ipv6');

/** Whether a name with this address leads to no other machine. */
export function leadsNowhere(ip: string): boolean {
  const v4 = unmappedIp(ip);
  return isIPv4(v4) ? nowhere.check(v4, 'ipv4') : nowhere.check(ip, 'ipv6');
}

/** Whether a name always means this machine (RFC 6761, section 6.3). */
export function isLocalHost(name: string): boolean {
  return /(^|\.)localhost\.?$/i.test(name);
}

/** Whether an IPv4 address can reach the Internet only through a NAT. */
export function isBehindNat(ip: string): boolean {
  return behindNat.check(ip, 'ipv4');
}

/** Whether an IPv4 address lies in the range that carriers share among their customers (RFC 6598). */
export function isSharedAddress(ip: string): boolean {
  return shared.check(ip, 'ipv4');
}

/** The default {@link IsPublicAddress}: false for private, shared, local, documentation and reserved ranges. */
export const isPublicAddress: IsPublicAddress = (ip) => {
  const v4 = unmappedIp(ip);
  if (isIPv4(v4)) return !notPublicV4.check(v4, 'ipv4');
  return globalV6.check(ip, 'ipv6') && !notPublicV6.check(ip, 'ipv6');
};

/** Whether an IP address is this machine's own: `127.0.0.0/8` or `::1`, also as IPv4-mapped IPv6. */
export function isLoopbackAddress(ip: string): boolean {
  const bare = unmappedIp(ip);
  return bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

/** Whether an IP address is in a network, given by one of its addresses and the length of its prefix in bits. */
export function isInNetwork(ip: string, network: string, bits: number): boolean {
  const version = isIP(network);
  if (version === 0 || isIP(ip) !== version || bits > (version === 4 ? 32 : 128)) return false;
  // BlockList refuses a prefix of 0 bits, which covers everything.
  if (bits === 0) return true;
  const list = new BlockList();
  const family = version === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits, family);
  return list.check(ip, family);
}
