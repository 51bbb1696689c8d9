import { BlockList } from 'node:net';
import { endianness, networkInterfaces, platform } from 'node:os';
import type { Family } from '../report/index.js';
import { parseSocketAddr } from '../wire/index.js';
import { MAX_ROUTE_TABLE_BYTES } from './constants.js';
import { readBounded } from './read-bounded.js';

/** How a datagram leaves: parts that are unknown are absent. */
export interface NextHop {
  /** IP address of the next hop; null: the destination is on the link. */
  gateway?: string | null;
  interface?: string;
}

/** Finds the next hop of a route that the kernel picked. */
export type GatewayFinder = (family: Family, destination: string, sourceIp: string) => Promise<NextHop>;

/** One line of a kernel route table. */
export interface RouteEntry {
  network: string;
  bits: number;
  gateway: string | null;
  interface: string;
  metric: number;
}

// include/uapi/linux/route.h
const RTF_UP = 0x1;
const RTF_GATEWAY = 0x2;
const RTF_REJECT = 0x200;

/** Reads `/proc/net/route`: addresses are hexadecimal in the machine's own byte order. */
export function parseIpv4Routes(text: string, littleEndian: boolean): RouteEntry[] {
  const address = (hex: string) => {
    const octets = [...Buffer.from(hex, 'hex')];
    return (littleEndian ? octets.reverse() : octets).join('.');
  };
  return lines(text)
    .slice(1)
    .flatMap((line) => {
      const [name = '', destination = '', gateway = '', flagsHex = '', , , metric = '', mask = ''] =
        line.split(/\s+/);
      const flags = Number.parseInt(flagsHex, 16);
      if (!isUsable(flags) || destination.length !== 8 || mask.length !== 8) return [];
      const entry = { network: address(destination), bits: countBits(mask), interface: name };
      const via = (flags & RTF_GATEWAY) === 0 ? null : address(gateway);
      return [{ ...entry, gateway: via, metric: Number(metric) }];
    });
}

/** Reads `/proc/net/ipv6_route`. */
export function parseIpv6Routes(text: string): RouteEntry[] {
  const address = (hex: string) => parseSocketAddr(`[${hex.replace(/(.{4})(?=.)/g, '$1:')}]:0`).ip;
  return lines(text).flatMap((line) => {
    const [destination = '', bits = '', , , gateway = '', metric = '', , , flagsHex = '', name = ''] =
      line.split(/\s+/);
    const flags = Number.parseInt(flagsHex, 16);
    if (!isUsable(flags) || destination.length !== 32 || gateway.length !== 32) return [];
    const entry = { network: address(destination), bits: Number.parseInt(bits, 16), interface: name };
    const via = (flags & RTF_GATEWAY) === 0 ? null : address(gateway);
    return [{ ...entry, gateway: via, metric: Number.parseInt(metric, 16) }];
  });
}

/**
 * The entry that a datagram from `sourceIp` to `destination` follows: the longest prefix, then the lowest metric.
 * Only interfaces that own the source address count: with policy routing the main table may say something else
 * than what the kernel did.
 */
export function pickRoute(
  entries: readonly RouteEntry[],
  family: Family,
  destination: string,
  interfaces: ReadonlySet<string>,
): RouteEntry | null {
  const matching = entries.filter((entry) => covers(entry, family, destination));
  const [best] = matching.sort((a, b) => b.bits - a.bits || a.metric - b.metric);
  return best !== undefined && interfaces.has(best.interface) ? best : null;
}

/** A finder for this machine that reads each table once. Linux only; elsewhere the next hop is unknown. */
export function systemGateways(): GatewayFinder {
  if (platform() !== 'linux') return async () => ({});
  const tables: Partial<Record<Family, Promise<RouteEntry[]>>> = {};
  return async (family, destination, sourceIp) => {
    tables[family] ??= readTable(family);
    const route = pickRoute(await tables[family], family, destination, interfacesWith(sourceIp));
    return route === null ? {} : { gateway: route.gateway, interface: route.interface };
  };
}

async function readTable(family: Family): Promise<RouteEntry[]> {
  const path = family === 4 ? '/proc/net/route' : '/proc/net/ipv6_route';
  const text = (await readBounded(path, MAX_ROUTE_TABLE_BYTES)) ?? '';
  return family === 4 ? parseIpv4Routes(text, endianness() === 'LE') : parseIpv6Routes(text);
}

function interfacesWith(ip: string): Set<string> {
  const named = Object.entries(networkInterfaces());
  return new Set(
    named.flatMap(([name, addresses]) => (addresses?.some(({ address }) => address === ip) ? [name] : [])),
  );
}

function covers({ network, bits }: RouteEntry, family: Family, destination: string): boolean {
  const type = family === 4 ? 'ipv4' : 'ipv6';
  // BlockList refuses a prefix of no bits: the default route covers everything.
  if (bits === 0) return true;
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(destination, type);
}

function isUsable(flags: number): boolean {
  return (flags & RTF_UP) !== 0 && (flags & RTF_REJECT) === 0;
}

function countBits(hexMask: string): number {
  const bits = Number.parseInt(hexMask, 16).toString(2);
  return bits.replaceAll('0', '').length;
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
