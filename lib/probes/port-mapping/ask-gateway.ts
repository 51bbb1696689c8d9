import type { RouteSeen } from '../../report/index.js';
import { printable } from '../../text.js';
import { DEFAULT_RELAY_QUIC_PORT } from '../../wire/index.js';
import { REFERENCE_DESTINATIONS } from '../constants.js';
import type { PlannedRun, ProbeContext, RunResult } from '../probe.js';
import { probedRoute, udpRoute } from '../routes/udp-route.js';

/** The next hop of the route to the Internet. */
export interface Gateway {
  /** Its IPv4 address. */
  ip: string;
  /** Our address towards it. */
  localIp: string;
}

/**
 * A run that asks the IPv4 gateway of the route to the Internet. Port-mapping protocols are for IPv4 NATs. The
 * observation has the route, so that the verdict can compare the gateway with the answers that came through it.
 * Without a gateway the run is `skipped`.
 */
export function askGateway(
  ask: (gateway: Gateway, context: ProbeContext) => Promise<RunResult>,
): PlannedRun['run'] {
  return async (context) => {
    const route = await internetRoute(context);
    if (route.sourceIp === null) {
      const why = route.refusal === undefined ? '' : ` (${route.refusal})`;
      return skipped('NO_ROUTE', `this machine has no IPv4 route to the Internet${why}`);
    }
    const { gateway } = route;
    if (gateway === undefined) return skipped('GATEWAY_UNKNOWN', 'the next hop of the route is unknown');
    if (gateway === null) {
      const kinds = 'a tunnel, a point-to-point link, the link itself, or an IPv6 router';
      return skipped('NO_GATEWAY', `the IPv4 route has no IPv4 next hop that could be asked: ${kinds}`);
    }
    const { sourceIp } = await udpRoute(4, gateway, context.gatewayPorts.portMapping, context.signal);
    if (sourceIp === null) return skipped('NO_ROUTE', `no route to the gateway ${printable(gateway)}`);
    const result = await ask({ ip: gateway, localIp: sourceIp }, context);
    return { ...result, observation: { ...result.observation, routes: [route] } };
  };
}

/**
 * The first route with a next hop. Several destinations are tried: in labs and virtual machines a documentation
 * address may be a neighbour, and careful machines route these ranges nowhere.
 */
async function internetRoute(context: ProbeContext): Promise<RouteSeen> {
  const routes: RouteSeen[] = [];
  for (const ip of REFERENCE_DESTINATIONS[4]) {
    const route = await probedRoute({ family: 4, ip }, DEFAULT_RELAY_QUIC_PORT, context);
    routes.push(route);
    if (typeof route.gateway === 'string') return route;
  }
  const none: RouteSeen = { family: 4, destination: REFERENCE_DESTINATIONS[4][0], sourceIp: null };
  return routes.find(({ sourceIp }) => sourceIp !== null) ?? routes.at(-1) ?? none;
}

function skipped(code: string, message: string): RunResult {
  return { outcome: 'skipped', error: { code, message } };
}
