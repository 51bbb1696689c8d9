import type { Connection, Endpoint } from '../../transport/index.js';
import {
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  type IsPublicAddress,
  isInNetwork,
  isLoopbackAddress,
  isPublicAddress,
  networkOf,
  parseSocketAddr,
  type SocketAddr,
  unmapped,
} from '../../wire/index.js';
import { RELAY_PATH_IN_MS, RELAYED_FOR_MS } from '../constants.js';
import type { RelayPlaces } from './relay-places.js';
import { SessionSearch } from './session-search.js';
import type { Sighting } from './sighting.js';

/** The sessions, as far as a witness needs them. */
export interface WitnessedSessions {
  /** The endpoint's newest session. */
  connection(id: EndpointId): Connection | null;
  /** All sessions. */
  all(): Iterable<Connection>;
  /** Milliseconds since a session began; `null`: it is none (any more). */
  ageMs(connection: Connection): number | null;
  /** The API secret with which a session was opened; `null`: it is none (any more). */
  issuerOf(connection: Connection): EndpointId | null;
}

/** What a {@link Witness} needs. */
export interface WitnessDeps {
  endpoint: Pick<Endpoint, 'address' | 'boundSockets' | 'relays'>;
  /** The address at which endpoints reach the platform. */
  address: () => EndpointAddress;
  sessions: WitnessedSessions;
  relays: Pick<RelayPlaces, 'refresh' | 'standsApart' | 'close'>;
  /** Default: by the registries of IANA. */
  isPublic?: IsPublicAddress | undefined;
}

type Family = 4 | 6;
type Route = Pick<Connection, 'paths' | 'closeReason'>;

const FAMILIES = [4, 6] as const;

/** The platform as a second vantage point: what it sees of an endpoint itself. */
export class Witness {
  readonly #deps: WitnessDeps;
  readonly #isPublic: IsPublicAddress;
  readonly #direct: SessionSearch<Connection, SocketAddr>;
  readonly #relayed: SessionSearch<Connection, string>;

  constructor(deps: WitnessDeps) {
    const { sessions, isPublic = isPublicAddress } = deps;
    this.#deps = deps;
    this.#isPublic = isPublic;
    this.#direct = new SessionSearch({
      sessions: () => sessions.all(),
      see: (session) => directPaths(session).filter(({ ip }) => isPublic(ip)),
    });
    this.#relayed = new SessionSearch({ sessions: () => sessions.all(), see: relayPaths });
  }

  /** A report is about to come: what is not known yet of the relays may be known by then. Returns at once. */
  prepare(): void {
    void this.#deps.relays.refresh();
  }

  /**
   * What is seen of an endpoint at this moment.
   * @param report - the endpoint's own, which has just come
   * @param connection - on which it came; still open
   * @returns `null`: nothing that counts
   */
  sighting(report: DiagnosticsReport, connection: Connection): Sighting | null {
    this.prepare();
    const session = this.#deps.sessions.connection(report.endpointId);
    const routes = [connection, ...(session === null || session === connection ? [] : [session])];
    const seen = selectedDirect(routes);
    if (seen !== null) {
      if (!this.#isOutside(seen.ip)) return null;
      return { ...this.#seenAt(report, seen), relayPath: this.#hasRelayPath(report, routes, session) };
    }
    const age = session === null ? null : this.#deps.sessions.ageMs(session);
    // iroh begins with the relay and needs some seconds for the rest.
    if (age === null || age < RELAYED_FOR_MS || !areRelayed(routes)) return null;
    const families = FAMILIES.filter((family) => hasFamily(report, family, this.#isPublic));
    return {
      ...{ path: 'relay', address: null, relayPath: true, relaysAreElsewhere: false },
      othersAreDirect: families.length > 0 && this.#isOpenToOthers(report, families),
    };
  }

  /** Ends what it began. */
  close(): void {
    this.#deps.relays.close();
  }

  #seenAt(report: DiagnosticsReport, seen: SocketAddr): Omit<Sighting, 'relayPath'> {
    const { family } = seen;
    const latencies = report.netReport?.relayLatency[family === 4 ? 'ipv4' : 'ipv6'] ?? [];
    const own = new Set(this.#own(family).map(({ ip }) => ip));
    const areElsewhere =
      own.size > 0 &&
      latencies.length > 0 &&
      latencies.every(({ relayUrl }) => this.#deps.relays.standsApart(relayUrl, family, own));
    return {
      ...{ path: 'direct', address: formatSocketAddr(seen), relaysAreElsewhere: areElsewhere },
      othersAreDirect: this.#isOpenToOthers(report, [family]),
    };
  }

  #hasRelayPath(
    report: DiagnosticsReport,
    routes: readonly Route[],
    session: Connection | null,
  ): boolean | null {
    if (routes.some((route) => relayPaths(route).length > 0)) return true;
    const { sessions, endpoint } = this.#deps;
    const issuer = session === null ? null : sessions.issuerOf(session);
    const age = session === null ? null : sessions.ageMs(session);
    if (issuer === null || age === null || age < RELAY_PATH_IN_MS) return null;
    const ours = new Set(endpoint.relays().map(({ url }) => url));
    if (!relaysIn(report).every((url) => ours.has(url))) return null;
    const leadsThroughRelays = this.#relayed.some(
      (other) => other.remoteId !== report.endpointId && sessions.issuerOf(other) === issuer,
    );
    return leadsThroughRelays ? false : null;
  }

  /** Whether others have direct connections in all of these families, and no luck is needed for that. */
  #isOpenToOthers(report: DiagnosticsReport, families: readonly Family[]): boolean {
    const own = ipsIn(report);
    const hasOther = (family: Family) =>
      this.#direct.some(
        ({ remoteId }, addr) =>
          remoteId !== report.endpointId &&
          addr.family === family &&
          !own.has(addr.ip) &&
          !this.#isNeighbour(addr),
      );
    return families.every((family) => this.#standsOpen(family) && hasOther(family));
  }

  /**
   * Whether an address may belong to the site of the platform: whoever is inside does not have to come through the firewall at its
   * border. Sites have at most these prefixes, but for a few of the largest.
   */
  #isNeighbour({ ip, family }: SocketAddr): boolean {
    return this.#own(family).some((own) => isInNetwork(ip, own.ip, family === 4 ? 16 : 48));
  }

  /**
   * Whether the platform has a public address of this family, as its sockets have it: at their ports. Behind a NAT that gives each
   * peer another port, relays would tell it other ones; and there only who stands open, too, gets a direct connection.
   */
  #standsOpen(family: Family): boolean {
    const { endpoint } = this.#deps;
    const bound = new Set(endpoint.boundSockets().map(({ port }) => port));
    const own = this.#own(family);
    return own.length > 0 && own.every(({ port }) => bound.has(port));
  }

  /** The platform's own public addresses of a family, as far as they are known. */
  #own(family: Family): SocketAddr[] {
    const { endpoint, address } = this.#deps;
    return [...address().directAddrs, ...endpoint.address().directAddrs, ...endpoint.boundSockets()]
      .map(unmapped)
      .filter((addr) => addr.family === family && this.#isPublic(addr.ip));
  }

  /** Whether a path to this address leads over the Internet, and not through the platform's own network. */
  #isOutside(ip: string): boolean {
    const networks = FAMILIES.flatMap((family) => this.#own(family)).map((own) => networkOf(own.ip));
    return this.#isPublic(ip) && !networks.includes(networkOf(ip));
  }
}

/** The direct path that iroh uses; `null`: it uses none. */
function selectedDirect(routes: readonly Route[]): SocketAddr | null {
  const selected = routes.flatMap(pathsOf).filter(({ isSelected, isRelay }) => isSelected && !isRelay);
  return addressesIn(selected)[0] ?? null;
}

/** Whether data goes through a relay, and no direct path is there. */
function areRelayed(routes: readonly Route[]): boolean {
  const paths = routes.flatMap(pathsOf);
  return paths.some(({ isSelected }) => isSelected) && paths.every(({ isRelay }) => isRelay);
}

function directPaths(route: Route): SocketAddr[] {
  return addressesIn(pathsOf(route).filter(({ isRelay }) => !isRelay));
}

function relayPaths(route: Route): string[] {
  return pathsOf(route).flatMap(({ isRelay, remoteAddr }) => (isRelay ? [remoteAddr] : []));
}

/** A closed connection has none. */
function pathsOf(route: Route) {
  return route.closeReason === null ? route.paths() : [];
}

/** Without those of another kind: iroh can be given transports of its user's own. */
function addressesIn(paths: readonly { remoteAddr: string }[]): SocketAddr[] {
  return paths.flatMap(({ remoteAddr }) => {
    try {
      return [unmapped(parseSocketAddr(remoteAddr))];
    } catch {
      return [];
    }
  });
}

/** The relays that answered. */
function relaysIn({ netReport }: DiagnosticsReport): string[] {
  const { ipv4 = [], ipv6 = [], https = [] } = netReport?.relayLatency ?? {};
  return [ipv4, ipv6, https].flat().map(({ relayUrl }) => relayUrl);
}

/** Whether an endpoint may have a way to the Internet in a family: UDP was seen there, or it has an address for it. */
function hasFamily(report: DiagnosticsReport, family: Family, isPublic: IsPublicAddress): boolean {
  const { netReport, directAddrs } = report;
  if (family === 4 ? netReport?.udpV4 : netReport?.udpV6) return true;
  return directAddrs.some(
    (addr) => addr.family === family && (family === 4 ? !isLocal(addr.ip) : isPublic(addr.ip)),
  );
}

/** Loopback, and the addresses that a machine gives itself on a link. */
function isLocal(ip: string): boolean {
  return isLoopbackAddress(ip) || ip.startsWith('169.254.');
}

/** The IP addresses that an endpoint says are its own. */
function ipsIn({ netReport, directAddrs }: DiagnosticsReport): Set<string> {
  const own = [...directAddrs, netReport?.globalV4 ?? null, netReport?.globalV6 ?? null];
  return new Set(own.flatMap((addr) => (addr === null ? [] : [unmapped(addr).ip])));
}
