import { execFile } from 'node:child_process';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Family } from '../../report/index.js';
import { MAX_ROUTE_COMMAND_MS, MAX_ROUTE_TABLE_BYTES } from '../constants.js';
import { interfaceIndexesWith, interfacesWith } from './interfaces.js';
import type { GatewayFinder, NextHop } from './next-hop.js';
import { countBits, linesOf, pickRoute, type RouteEntry } from './route-table.js';

/** Runs the system's `route` program and returns what it printed. Null: it failed, hung, or printed too much. */
type RouteCommand = (args: readonly string[], signal: AbortSignal) => Promise<string | null>;

/** @param file - absolute path, so that no search path decides what is run */
export function routeCommand(file: string): RouteCommand {
  return (args, signal) =>
    new Promise((resolve) => {
      const options = {
        signal,
        timeout: MAX_ROUTE_COMMAND_MS,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_ROUTE_TABLE_BYTES,
        windowsHide: true,
      } as const;
      execFile(file, args, options, (error, stdout) => resolve(error === null ? stdout : null));
    });
}

/** Reads what `route -n get DESTINATION` prints: `key: value` lines. */
export function parseRouteGet(text: string): NextHop {
  const fields = new Map(
    linesOf(text).map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  const name = fields.get('interface');
  if (name === undefined) return {};
  // Without a next hop the line is missing, or names the link (`link#12`).
  const [gateway = ''] = (fields.get('gateway') ?? '').split('%');
  const isNone = isIP(gateway) === 0 || gateway === '0.0.0.0' || gateway === '::';
  return { gateway: isNone ? null : gateway, interface: name };
}

/** A finder that asks the kernel through `route -n get`, which looks one destination up and sends nothing. */
export function macosGateways(command: RouteCommand = routeCommand('/sbin/route')): GatewayFinder {
  return async (family, destination, sourceIp, signal) => {
    if (isIP(destination) !== family) return {};
    const text = await command(['-n', 'get', family === 4 ? '-inet' : '-inet6', destination], signal);
    const hop = parseRouteGet(text ?? '');
    const isOwn = hop.interface !== undefined && interfacesWith(sourceIp)?.has(hop.interface) === true;
    return isOwn ? hop : {};
  };
}

// Headings, and the words for "on the link", are in the system's language, so rows are found by their form.
const IPV6_ROW = /^(\d+)\s+(\d+)\s+([\da-f:.]+)\/(\d+)(?:\s+(\S.*))?$/i;

/**
 * Reads `route print -4`, where interfaces are named by their address. Persistent routes have no interface and are
 * left out.
 */
export function parsePrintedIpv4(text: string): RouteEntry[] {
  return linesOf(text).flatMap((line) => {
    // "On the link" may be several words, between the mask and the last two columns.
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

/**
 * Reads `route print -6`, where interfaces are named by their index. After a long prefix the gateway is on the next
 * line.
 */
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
    const route = pickRoute(await tables[family], destination, interfaces);
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
