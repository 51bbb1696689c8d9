/** What a report says of a network, together with what the platform itself saw. Pure. */
import { type DiagnosticsReport, parseSocketAddr, type SocketAddr } from '../../wire/index.js';
import type { Sighting } from './sighting.js';

/**
 * The colour of a report: green = direct connections should work, orange = perhaps relayed, red = relayed or none, grey = unknown. A
 * report alone is red only where it says that iroh cannot use its relays: else it writes "not measured" and "blocked" alike.
 */
export type ReportLevel = 'green' | 'orange' | 'red' | 'grey';

/** The NAT type as far as it is known, in the words of iroh services. */
export type NatType = 'Endpoint-Independent' | 'Endpoint-Dependent' | 'Unknown';

/** Whose word the NAT type is: that of the report alone, or that of the platform, which held its own sight against the report. */
export type NatTypeBy = 'report' | 'platform';

/** The NAT type of one IP family. */
export interface FamilyNat {
  natType: NatType;
  natTypeBy: NatTypeBy;
}

/** What is concluded: the NAT type is IPv4's, and where that is unknown, IPv6's. */
export interface Judgement extends FamilyNat {
  level: ReportLevel;
}

const UNKNOWN: FamilyNat = { natType: 'Unknown', natTypeBy: 'report' };

/** Judges a report. @param sighting - what the platform saw when it came; `null`: nothing */
export function judge(report: DiagnosticsReport, sighting: Sighting | null): Judgement {
  const [v4, v6] = [natOf(report, 4, sighting), natOf(report, 6, sighting)];
  const nat = v4.natType === 'Unknown' ? v6 : v4;
  const isOpen =
    (v4.natType === 'Endpoint-Independent' && isToldAddress(report, 4, sighting)) ||
    (v6.natType === 'Endpoint-Independent' && isToldAddress(report, 6, sighting));
  return { ...nat, level: levelOf(report, sighting, isOpen) };
}

function levelOf({ netReport }: DiagnosticsReport, sighting: Sighting | null, isOpen: boolean): ReportLevel {
  const { ipv4 = [], ipv6 = [], https = [] } = netReport?.relayLatency ?? {};
  const hasRelay = [ipv4, ipv6, https].some(({ length }) => length > 0);
  const isRelayedHere = sighting?.path === 'relay' && sighting.othersAreDirect;
  // Without a relay that answers, an endpoint is not online for its peers, though it reaches this platform.
  const isSeen = sighting?.path === 'direct' && hasRelay;
  // Its relays tell it its address over UDP, and cannot be used.
  if (isSeen && sighting.relayPath === false && https.length === 0) return 'red';
  // The app itself says that iroh cannot use the relay that it picks. Only our client does: iroh's own report prefers the
  // fastest relay that answered, whether it can be used or not.
  if (hasRelay && netReport?.preferredRelay === null)
    return https.length === 0 || sighting?.relayPath === false ? 'red' : 'grey';
  if (!netReport?.udpV4 && !netReport?.udpV6 && !isSeen)
    return isRelayedHere && https.length > 0 ? 'red' : 'grey';
  if (!hasRelay && sighting?.relayPath !== true) return 'grey';
  return isOpen && !isRelayedHere ? 'green' : 'orange';
}

/** The NAT type of one family. A sighting speaks of its own family only. */
export function natOf(report: DiagnosticsReport, family: 4 | 6, sighting: Sighting | null): FamilyNat {
  const { netReport } = report;
  const varies =
    (family === 4 ? netReport?.mappingVariesByDestIpv4 : netReport?.mappingVariesByDestIpv6) ?? null;
  if (varies === true) return { natType: 'Endpoint-Dependent', natTypeBy: 'report' };
  const agree = sighting === null ? null : isSeenAlike(report, family, sighting);
  if (agree === false) return { natType: 'Endpoint-Dependent', natTypeBy: 'platform' };
  if (varies === false) return { natType: 'Endpoint-Independent', natTypeBy: 'report' };
  const isKnown =
    (agree === true && sighting?.relaysAreElsewhere && !hasOddWitnesses(report, family)) ||
    (family === 6 && isItsOwn(report, sighting));
  return isKnown ? { natType: 'Endpoint-Independent', natTypeBy: 'platform' } : UNKNOWN;
}

/**
 * Whether the endpoint comes from an IPv6 address of its machine: it lists that, and neither a relay nor a router told it. In IPv4 it
 * might be one that iroh remembers from an earlier answer of a relay; in IPv6 there is hardly a NAT.
 */
function isItsOwn(report: DiagnosticsReport, sighting: Sighting | null): boolean {
  const seen = sighting === null ? null : addressIn(sighting);
  if (seen?.family !== 6 || hasToldAddress(report, 6) || mayBeForwarded(report)) return false;
  return report.directAddrs.some((addr) => isSame(addr, seen));
}

/**
 * Whether several relays told an address and the report draws no conclusion from them. One of them may stand inside, or behind a
 * proxy of its own, and tell a wrong address, which iroh believes by chance: in the lab such pairs were relayed.
 */
function hasOddWitnesses(report: DiagnosticsReport, family: 4 | 6): boolean {
  return relaysThatTold(report, family) > 1;
}

/**
 * Whether a relay and this platform see the endpoint's socket at one address. `null`: that cannot be told. An endpoint lists the
 * address that a relay told it among its direct ones; where no relay answered over UDP, what stands there may come from its
 * machine or its router, and says nothing of what a relay sees.
 */
function isSeenAlike(report: DiagnosticsReport, family: 4 | 6, sighting: Sighting): boolean | null {
  const seen = addressIn(sighting);
  if (seen === null || seen.family !== family || !hasToldAddress(report, family)) return null;
  const own = report.directAddrs.filter((addr) => addr.family === family && addr.ip === seen.ip);
  if (own.some((addr) => isSame(addr, seen))) return true;
  // The other port may be one that the router forwards, while the relay's answer is missing there.
  return own.length === 0 || mayBeForwarded(report) ? null : false;
}

/**
 * Whether the endpoint knows its public address of a family, which its peers have to be told: from a relay, or otherwise, when it
 * lists the very one that this platform sees. A STUN server that a report has asked tells iroh nothing. And where the endpoint comes
 * from an IP address that it does not list, a relay told it a wrong one (its balancer's), or there are several ways out.
 */
function isToldAddress(report: DiagnosticsReport, family: 4 | 6, sighting: Sighting | null): boolean {
  const seen = sighting === null ? null : addressIn(sighting);
  if (seen === null || seen.family !== family) return hasToldAddress(report, family);
  const own = report.directAddrs.filter(({ ip }) => ip === seen.ip);
  return own.length > 0 && (hasToldAddress(report, family) || own.some((addr) => isSame(addr, seen)));
}

/** Whether a relay answered over UDP, which is how it tells an address. */
function hasToldAddress(report: DiagnosticsReport, family: 4 | 6): boolean {
  return relaysThatTold(report, family) > 0;
}

function relaysThatTold({ netReport }: DiagnosticsReport, family: 4 | 6): number {
  return netReport?.relayLatency[family === 4 ? 'ipv4' : 'ipv6'].length ?? 0;
}

function isSame(one: SocketAddr, other: SocketAddr): boolean {
  return one.ip === other.ip && one.port === other.port;
}

function mayBeForwarded({ portmapProbe }: DiagnosticsReport): boolean {
  return portmapProbe === null || portmapProbe.upnp || portmapProbe.pcp || portmapProbe.natPmp;
}

/** The address of a sighting; `null`: it has none, or one that cannot be read. */
export function addressIn({ path, address }: Sighting): SocketAddr | null {
  if (path !== 'direct' || address === null) return null;
  try {
    return parseSocketAddr(address);
  } catch {
    return null; // a store that somebody else wrote
  }
}
