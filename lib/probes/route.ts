import { isIP } from 'node:net';
import { abortable, TimeUp, within } from '../async/index.js';
import { codeOf } from '../errors.js';
import type { Family, NameSeen, RouteSeen } from '../report/index.js';
import { printable } from '../text.js';
import { DEFAULT_RELAY_QUIC_PORT, formatStunServer, withoutBrackets } from '../wire/index.js';
import { LOOKUP_MARGIN_MS, NO_SERVER_GRACE_MS, REFERENCE_DESTINATIONS } from './constants.js';
import { nameServers } from './names/name-servers.js';
import type { ResolvedAddress } from './names/resolver.js';
import { type PlannedRun, type Probe, type ProbeContext, probeError, type RunResult, saw } from './probe.js';
import { probedRoute } from './routes/udp-route.js';

/** How datagrams to the Internet, to each relay and to each STUN server would leave. Sends nothing. */
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
        run: (context) => toHost(new URL(url).hostname, quicPort ?? DEFAULT_RELAY_QUIC_PORT, context),
      }),
    ),
    ...stunServers.map(
      (server): PlannedRun => ({
        target: formatStunServer(server),
        run: (context) => toHost(server.host, server.port, context),
      }),
    ),
  ],
} as const satisfies Probe;

/** The routes to the reference destinations, up to the first that exists. */
async function toTheInternet(family: Family, context: ProbeContext): Promise<RouteSeen[]> {
  const routes: RouteSeen[] = [];
  for (const ip of REFERENCE_DESTINATIONS[family]) {
    const route = await probedRoute({ family, ip }, DEFAULT_RELAY_QUIC_PORT, context);
    routes.push({ ...route, isReference: true });
    if (route.sourceIp !== null) break;
  }
  return routes;
}

async function toHost(host: string, port: number, context: ProbeContext): Promise<RunResult> {
  const lookup = new Lookup(host, context);
  try {
    await lookup.ended();
  } catch (error) {
    context.signal.throwIfAborted();
    // The families do not wait for each other.
    if (lookup.addresses.length === 0) {
      const mayHaveAddress = await couldExist(error, context.signal);
      return {
        outcome: isSilence(error) ? 'timeout' : 'failed',
        error: probeError(error),
        observation: {
          names: lookup.names,
          unresolved: [{ host: printable(host), code: codeOf(error), mayHaveAddress }],
        },
      };
    }
  }
  const routes = lookup.addresses.map((address) => probedRoute(address, port, context));
  return saw({ names: lookup.names, routes: await Promise.all(routes) });
}

/** Both families of a name, as far as they are known. */
class Lookup {
  readonly addresses: ResolvedAddress[] = [];
  /** An IP address needs no name server. */
  readonly names: NameSeen[] = [];
  readonly #context: ProbeContext;
  readonly #all: Promise<void>;

  constructor(host: string, context: ProbeContext) {
    this.#context = context;
    if (isIP(withoutBrackets(host)) === 0) {
      for (const family of [4, 6] as const) {
        const add = (name: NameSeen) => this.names.push(name);
        context.resolver.name(host, family).then(add, () => undefined);
      }
    }
    this.#all = this.#collect(host);
  }

  /** If no name server can be reached, waits no longer than reading a hosts file takes. */
  async ended(): Promise<void> {
    const { signal } = this.#context;
    const waitFor = (ms: number) => within(ms, signal, (limited) => abortable(this.#all, limited));
    try {
      await waitFor(Math.min(NO_SERVER_GRACE_MS, this.#context.remaining()));
    } catch (error) {
      if (!(error instanceof TimeUp) || (await nameServers(signal)) === 'none') throw error;
      await waitFor(Math.max(0, this.#context.remaining() - LOOKUP_MARGIN_MS));
    }
  }

  async #collect(host: string): Promise<void> {
    for await (const some of this.#context.resolver.addresses(host)) this.addresses.push(...some);
  }
}

function isSilence(error: unknown): boolean {
  return error instanceof TimeUp || codeOf(error) === 'DNS_SILENT';
}

/** Whether a name may have an address although the lookup found none. */
async function couldExist(error: unknown, signal: AbortSignal): Promise<boolean> {
  // A name server said that it has none.
  if (codeOf(error) === 'ENOTFOUND' || codeOf(error) === 'NAME_LEADS_NOWHERE') return false;
  const servers = await nameServers(signal);
  // A resolver on this machine that fails at once has no way out itself. One that hangs may have one.
  return servers === 'remote' || (servers === 'local' && isSilence(error));
}
