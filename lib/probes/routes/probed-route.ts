import type { RouteSeen } from '../../report/index.js';
import type { ResolvedAddress } from '../names/resolver.js';
import type { ProbeContext } from '../probe.js';
import { udpRoute } from './udp-route.js';

/** How a datagram to this address would leave, with its next hop where that can be known. Sends nothing. */
export async function probedRoute(
  { family, ip }: ResolvedAddress,
  port: number,
  { gateways, signal }: Pick<ProbeContext, 'gateways' | 'signal'>,
): Promise<RouteSeen> {
  const route = await udpRoute(family, ip, port, signal);
  if (route.sourceIp === null) return route;
  return { ...route, ...(await gateways(family, ip, route.sourceIp, signal)) };
}
