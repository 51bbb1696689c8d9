import type { ResolvedRelayTarget } from '../report/index.js';
import { DEFAULT_QUIC_PORT, REFERENCE_DESTINATIONS } from './constants.js';
import { type PlannedRun, type Probe, type ProbeContext, saw } from './probe.js';
import { probedRoute } from './probed-route.js';

/** Which way datagrams to the Internet and to each relay would leave. Sends nothing. */
export const routeProbe = {
  name: 'route',
  plan: ({ relays }) => [
    ...REFERENCE_DESTINATIONS.map(
      ({ family, ip }): PlannedRun => ({
        target: ip,
        family,
        run: async (context) =>
          saw({ routes: [await probedRoute({ family, ip }, DEFAULT_QUIC_PORT, context)] }),
      }),
    ),
    ...relays.map((relay): PlannedRun => ({ target: relay.url, run: (context) => toRelay(relay, context) })),
  ],
} as const satisfies Probe;

async function toRelay({ url, quicPort }: ResolvedRelayTarget, context: ProbeContext) {
  const addresses = await context.resolver.resolve(new URL(url).hostname);
  const port = quicPort ?? DEFAULT_QUIC_PORT;
  return saw({ routes: await Promise.all(addresses.map((address) => probedRoute(address, port, context))) });
}
