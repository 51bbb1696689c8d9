import { platform } from 'node:os';
import { isTunnel } from './interfaces.js';
import { linuxGateways } from './linux.js';
import type { GatewayFinder } from './next-hop.js';
import { macosGateways, windowsGateways } from './route-program.js';

export type { GatewayFinder, NextHop } from './next-hop.js';

const FINDERS: Partial<Record<NodeJS.Platform, () => GatewayFinder>> = {
  linux: linuxGateways,
  darwin: macosGateways,
  win32: windowsGateways,
};

/**
 * A finder for this machine, for one report: it reads each table once. Linux: the kernel's tables; macOS and Windows:
 * the system's `route` program. On other systems the next hop is unknown.
 */
export function systemGateways(): GatewayFinder {
  const find = FINDERS[platform()]?.() ?? (async () => ({}));
  return async (family, destination, sourceIp, signal) => {
    const tunnel = isTunnel(sourceIp);
    const hop = await find(family, destination, sourceIp, signal);
    return { ...hop, ...(tunnel === undefined ? {} : { tunnel }) };
  };
}
