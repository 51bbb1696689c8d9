import { cleanText, type Family, type RouteSeen } from '../report/index.js';
import { abortable } from './abortable.js';
import {
  DEFAULT_QUIC_PORT,
  LOOKUP_MARGIN_MS,
  NO_SERVER_GRACE_MS,
  REFERENCE_DESTINATIONS,
} from './constants.js';
import { nameServers } from './name-servers.js';
import { type PlannedRun, type Probe, type ProbeContext, type RunResult, saw } from './probe.js';
import { codeOf, probeError } from './probe-error.js';
import { probedRoute } from './probed-route.js';
import type { ResolvedAddress } from './resolver.js';
import { TimeUp, within } from './within.js';

/** Which way datagrams to the Internet, to each relay and to each STUN server would leave. Sends nothing. */
export const routeProbe = {
  name: 'route',
  plan: ({ relays, stunServers }) => [
    ...([4, 6] as const).map(
      (family): PlannedRun => ({
        target: REFERENCE_DESTINATIONS[family][0],
        family,
        run: async (context) => saw({ routes: await toTheInternet(family, context) }),
      }),
    ),
    ...relays.map(
      ({ url, quicPort }): PlannedRun => ({
        target: url,
        run: (context) => toHost(new URL(url).hostname, quicPort ?? DEFAULT_QUIC_PORT, context),
      }),
    ),
    ...stunServers.map(
      ({ label, host, port }): PlannedRun => ({
        target: label,
        run: (context) => toHost(host, port, context),
      }),
    ),
  ],
} as const satisfies Probe;

/** The routes to reference destinations up to the first that there is. */
async function toTheInternet(family: Family, context: ProbeContext): Promise<RouteSeen[]> {
  const routes: RouteSeen[] = [];
  for (const ip of REFERENCE_DESTINATIONS[family]) {
    const route = await probedRoute({ family, ip }, DEFAULT_QUIC_PORT, context);
    routes.push(route);
    if (route.sourceIp !== null) break;
  }
  return routes;
}

async function toHost(host: string, port: number, context: ProbeContext): Promise<RunResult> {
  let addresses: readonly ResolvedAddress[];
  try {
    addresses = await lookUp(host, context);
  } catch (error) {
    context.signal.throwIfAborted();
    const mayHaveAddress = await couldExist(error, context.signal);
    return {
      outcome: error instanceof TimeUp ? 'timeout' : 'failed',
      error: probeError(error),
      observation: { unresolved: [{ host: cleanText(host), code: codeOf(error), mayHaveAddress }] },
    };
  }
  return saw({ routes: await Promise.all(addresses.map((address) => probedRoute(address, port, context))) });
}

/** Its addresses; where nobody can be asked for them it waits no longer than a hosts file takes. */
async function lookUp(host: string, context: ProbeContext): Promise<readonly ResolvedAddress[]> {
  const { resolver, signal } = context;
  const lookup = resolver.resolve(host);
  const waitFor = (ms: number) => within(ms, signal, (limited) => abortable(lookup, limited));
  try {
    return await waitFor(Math.min(NO_SERVER_GRACE_MS, context.remaining()));
  } catch (error) {
    if (!(error instanceof TimeUp) || (await nameServers(signal)) === 'none') throw error;
    return waitFor(Math.max(0, context.remaining() - LOOKUP_MARGIN_MS));
  }
}

/** Whether a name may have an address although the lookup brought none. */
async function couldExist(error: unknown, signal: AbortSignal): Promise<boolean> {
  // Somebody said that it has none.
  if (codeOf(error) === 'ENOTFOUND') return false;
  const servers = await nameServers(signal);
  // A resolver on this machine that fails at once is one without a way out itself; one that hangs may have one.
  return servers === 'remote' || (servers === 'local' && error instanceof TimeUp);
}
