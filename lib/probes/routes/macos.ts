import { isIP } from 'node:net';
import { interfacesWith } from './interfaces.js';
import type { GatewayFinder, NextHop } from './next-hop.js';
import { type RouteCommand, routeCommand } from './route-command.js';
import { linesOf } from './route-table.js';

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
