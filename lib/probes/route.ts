import type { ResolvedRelayTarget, RouteSeen } from '../report/index.js';
import { DEFAULT_QUIC_PORT, REFERENCE_DESTINATIONS } from './constants.js';
import { type PlannedRun, type Probe, type ProbeContext, saw } from './probe.js';
import type { ResolvedAddress } from './resolver.js';
import { udpRoute } from './udp-route.js';

/** Which way datagrams to the Internet and to each relay would leave. Sends nothing. */
export const routeProbe = {
  name: 'route',
  plan: ({ relays }) => [
    ...REFERENCE_DESTINATIONS.map(
      ({ family, ip }): PlannedRun => ({
        target: ip,
        family,
        run: async (context) => saw({ routes: [await look({ family, ip }, DEFAULT_QUIC_PORT, context)] }),
      }),
    ),
    ...relays.map((relay): PlannedRun => ({ target: relay.url, run: (context) => toRelay(relay, context) })),
  ],
} as const satisfies Probe;

async function toRelay({ url, quicPort }: ResolvedRelayTarget, context: ProbeContext) {
  const addresses = await context.resolver.resolve(new URL(url).hostname);
  const port = quicPort ?? DEFAULT_QUIC_PORT;
  return saw({ routes: await Promise.all(addresses.map((address) => look(address, port, context))) });
}

async function look(
  { family, ip }: ResolvedAddress,
  port: number,
  { gateways, signal }: ProbeContext,
): Promise<RouteSeen> {
  const route = await udpRoute(family, ip, port, signal);
  if (route.sourceIp === null) return route;
  return { ...route, ...(await gateways(family, ip, route.sourceIp)) };
}
