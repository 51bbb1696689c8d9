import { endianness } from 'node:os';
import type { Family } from '../../report/index.js';
import { ipFromBytes } from '../../wire/index.js';
import { MAX_ROUTE_TABLE_BYTES } from '../constants.js';
import { readBounded } from '../read-bounded.js';
import { interfacesWith } from './interfaces.js';
import type { GatewayFinder } from './next-hop.js';
import { countBits, interfacesTowards, linesOf, pickRoute, type RouteEntry } from './route-table.js';

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
  return linesOf(text)
    .slice(1)
    .flatMap((line) => {
      const [name = '', destination = '', gateway = '', flagsHex = '', , , metric = '', mask = ''] =
        line.split(/\s+/);
      const flags = Number.parseInt(flagsHex, 16);
      if (!isUsable(flags) || destination.length !== 8 || mask.length !== 8) return [];
      const entry = { network: address(destination), bits: countBits(mask), interface: name };
      const via = (flags & RTF_GATEWAY) === 0 ? null : nextHop(address(gateway));
      return [{ ...entry, gateway: via, metric: Number(metric) }];
    });
}

/** Reads `/proc/net/ipv6_route`. */
export function parseIpv6Routes(text: string): RouteEntry[] {
  const address = (hex: string) => ipFromBytes(Buffer.from(hex, 'hex'));
  return linesOf(text).flatMap((line) => {
    const [destination = '', bits = '', , , gateway = '', metric = '', , , flagsHex = '', name = ''] =
      line.split(/\s+/);
    const flags = Number.parseInt(flagsHex, 16);
    if (!isUsable(flags) || destination.length !== 32 || gateway.length !== 32) return [];
    const entry = { network: address(destination), bits: Number.parseInt(bits, 16), interface: name };
    const via = (flags & RTF_GATEWAY) === 0 ? null : nextHop(address(gateway));
    return [{ ...entry, gateway: via, metric: Number.parseInt(metric, 16) }];
  });
}

/** A finder that reads each of the kernel's tables once. */
export function linuxGateways(): GatewayFinder {
  const tables: Partial<Record<Family, Promise<RouteEntry[]>>> = {};
  return async (family, destination, sourceIp) => {
    tables[family] ??= readTable(family);
    const table = await tables[family];
    const own = interfacesWith(sourceIp) ?? interfacesTowards(table, sourceIp);
    const route = pickRoute(table, destination, own);
    return route === null ? {} : { gateway: route.gateway, interface: route.interface };
  };
}

async function readTable(family: Family): Promise<RouteEntry[]> {
  const path = family === 4 ? '/proc/net/route' : '/proc/net/ipv6_route';
  const text = (await readBounded(path, MAX_ROUTE_TABLE_BYTES)) ?? '';
  return family === 4 ? parseIpv4Routes(text, endianness() === 'LE') : parseIpv6Routes(text);
}

// An IPv4 route through an IPv6 router (RFC 5549) shows 0.0.0.0 as its gateway: it has no next hop of its own family.
function nextHop(ip: string): string | null {
  return ip === '0.0.0.0' || ip === '::' ? null : ip;
}

function isUsable(flags: number): boolean {
  return (flags & RTF_UP) !== 0 && (flags & RTF_REJECT) === 0;
}
