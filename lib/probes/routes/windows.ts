import { isIPv4, isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Family } from '../../report/index.js';
import { interfaceIndexesWith } from './interfaces.js';
import type { GatewayFinder } from './next-hop.js';
import { type RouteCommand, routeCommand } from './route-command.js';
import { countBits, linesOf, pickRoute, type RouteEntry } from './route-table.js';

// Headings, and the word for "on the link", are in the system's language: rows are told by their form.
const IPV6_ROW = /^(\d+)\s+(\d+)\s+([\da-f:.]+)\/(\d+)(?:\s+(\S.*))?$/i;

/** Reads `route print -4`. Interfaces are named by their address; persistent routes have none and are left out. */
export function parsePrintedIpv4(text: string): RouteEntry[] {
  return linesOf(text).flatMap((line) => {
    // The word for "on the link" may be several, between the mask and the last two columns.
    const [network = '', mask = '', ...others] = line.split(/\s+/);
    const [address = '', metric = ''] = others.slice(-2);
    const gateway = others.slice(0, -2).join(' ');
    const isRow =
      isIPv4(network) && isIPv4(mask) && gateway !== '' && isIPv4(address) && /^\d+$/.test(metric);
    if (!isRow) return [];
    const bits = countBits(Buffer.from(mask.split('.').map(Number)).toString('hex'));
    const via = isIPv4(gateway) && gateway !== '0.0.0.0' ? gateway : null;
    return [{ network, bits, gateway: via, interface: address, metric: Number(metric) }];
  });
}

/** Reads `route print -6`. Interfaces are named by their index; a long prefix pushes its gateway to the next line. */
export function parsePrintedIpv6(text: string): RouteEntry[] {
  const lines = linesOf(text);
  return lines.flatMap((line, index) => {
    const [, name = '', metric = '', network = '', bits = '', rest] = IPV6_ROW.exec(line) ?? [];
    if (!isIPv6(network)) return [];
    const gateway = rest ?? lines[index + 1] ?? '';
    const via = isIPv6(gateway) && gateway !== '::' ? gateway : null;
    return [{ network, bits: Number(bits), gateway: via, interface: name, metric: Number(metric) }];
  });
}

/** A finder that reads the table through `route print`, once per family. */
export function windowsGateways(
  command: RouteCommand = routeCommand(systemRoute()),
  indexesWith: (ip: string) => Set<string> = interfaceIndexesWith,
): GatewayFinder {
  const tables: Partial<Record<Family, Promise<RouteEntry[]>>> = {};
  return async (family, destination, sourceIp, signal) => {
    tables[family] ??= readTable(command, family, signal);
    const interfaces = family === 4 ? new Set([sourceIp]) : indexesWith(sourceIp);
    const route = pickRoute(await tables[family], family, destination, interfaces);
    return route === null ? {} : { gateway: route.gateway, interface: route.interface };
  };
}

async function readTable(command: RouteCommand, family: Family, signal: AbortSignal): Promise<RouteEntry[]> {
  const text = (await command(['print', `-${family}`], signal)) ?? '';
  return family === 4 ? parsePrintedIpv4(text) : parsePrintedIpv6(text);
}

function systemRoute(): string {
  return join(process.env.SystemRoot ?? 'C:\\Windows', 'System32', 'ROUTE.EXE');
}
