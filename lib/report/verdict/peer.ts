import { networkOf, parseSocketAddr, shortId, unmapped, withoutBrackets } from '../../wire/index.js';
import type { Family, PeerSeen } from '../observation.js';
import type { FamilyVerdict, PeerVerdict, ProbeRecord } from '../types.js';
import { FIRST_UNPRIVILEGED_PORT } from './other-ports.js';
import { refsOf, type Seen, seen } from './seen.js';
import { type Given, ipOf } from './witnesses.js';

/**
 * Milliseconds after which a connection that is still relayed stays so: iroh tries again to open a path after five
 * seconds.
 */
const STAYS_RELAYED_MS = 5500;

/** What one peer tells. `direct`, `relayed`: proofs; `unclear`: a direct path that proves too little; `nothing`: no word. */
interface Told {
  peer: Seen<PeerSeen>;
  tells: 'direct' | 'relayed' | 'unclear' | 'nothing';
  /** Of a direct path. */
  family: Family | null;
  /** One clause. */
  says: string;
}

/**
 * Whether iroh itself opened a direct path to a peer that was tried. One is enough, if it had to be opened from both
 * sides, as it must be with a peer behind an ordinary router: a peer that lets in strangers is reached from behind any
 * NAT. That none comes up says something about this network only if the peer's own network is well.
 *
 * @param ipv4 - the family in which the peer is known to be well
 */
export function judgePeers(known: Given, ipv4: Pick<FamilyVerdict, 'routed'>): PeerVerdict {
  const told = seen(known.records, 'peers').map((peer) => tell(peer, known, ipv4));
  if (told.length === 0) {
    return { value: 'unknown', family: null, reason: 'no peer was tried', evidence: [] };
  }
  const of = (tells: Told['tells']) => told.filter((one) => one.tells === tells);
  const stayed = told.filter(({ peer }) => staysRelayed(peer.part));
  const [direct] = of('direct').toSorted((a, b) => (a.family ?? 6) - (b.family ?? 6));
  if (direct !== undefined) return verdictOf('yes', [direct, ...stayed]);
  const [relayed] = of('relayed');
  const isDoubtful = of('unclear').length > 0;
  if (relayed !== undefined && !isDoubtful) {
    return verdictOf('no', [relayed, ...stayed.filter(({ peer }) => peer !== relayed.peer)]);
  }
  return verdictOf('unknown', told);
}

function verdictOf(value: PeerVerdict['value'], told: readonly Told[]): PeerVerdict {
  return {
    value,
    family: value === 'yes' ? (told[0]?.family ?? null) : null,
    reason: told.map(({ says }) => says).join('; '),
    evidence: refsOf(told.map(({ peer }) => peer)),
  };
}

function tell(peer: Seen<PeerSeen>, known: Given, ipv4: Pick<FamilyVerdict, 'routed'>): Told {
  const { part } = peer;
  const name = `the peer ${shortId(part.peer)}`;
  const nothing = (says: string): Told => ({ peer, tells: 'nothing', family: null, says });
  switch (part.reached) {
    case 'direct':
      return { peer, ...tellDirect(part, name, known) };
    case 'relayed':
      return { peer, ...tellRelayed(part, name, known, ipv4) };
    case 'unreached':
      return nothing(`${name} was not reached (is it running?)`);
    default:
      return nothing(`the report ended before it was known whether a direct path to ${name} comes up`);
  }
}

function tellDirect(part: PeerSeen, name: string, known: Given): Omit<Told, 'peer'> {
  const path = `a direct path to ${name}`;
  const place = placeOf(part, known);
  const { family } = place;
  const unclear = (says: string) => ({ tells: 'unclear', family, says }) as const;
  const nothing = (says: string) => ({ tells: 'nothing', family, says }) as const;
  if (place.isInside) {
    return nothing(`${path} came up within this network, which says nothing about the Internet`);
  }
  if (part.letsInStrangers === true) {
    return unclear(
      `${path} came up, but that peer lets in strangers: such a path need not be opened from both sides, as it must with a peer behind an ordinary router or firewall`,
    );
  }
  if (part.letsInStrangers === undefined || family === null) {
    return unclear(
      `${path} came up; whether that peer lets in strangers, as no ordinary router does, is not known`,
    );
  }
  if (place.isRelayPort) {
    return unclear(
      `${path} came up at a port as relays and servers have it: of other UDP ports it says nothing`,
    );
  }
  const after = part.directMs === undefined ? '' : ` after ${Math.round(part.directMs)} ms`;
  return {
    tells: 'direct',
    family,
    says: `${path} came up over IPv${family}${after} and kept carrying data`,
  };
}

function tellRelayed(
  part: PeerSeen,
  name: string,
  known: Given,
  ipv4: Pick<FamilyVerdict, 'routed'>,
): Omit<Told, 'peer'> {
  const seconds = `${(part.watchedMs / 1000).toFixed(part.watchedMs < STAYS_RELAYED_MS ? 1 : 0)} s`;
  const nothing = (says: string) => ({ tells: 'nothing', family: null, says }) as const;
  if (!staysRelayed(part)) {
    return nothing(
      `with ${name} the connection was relayed in the ${seconds} for which it was watched, too few to tell`,
    );
  }
  const died = part.remoteAddr === undefined ? '' : ' (a direct path came up and did not last)';
  const stayed = (whose: string) =>
    `with ${name}${whose}, the connection stayed relayed for ${seconds}${died}`;
  if (placeOf(part, known).isInside) return nothing(`${stayed('')}; but that peer stands in this network`);
  if (part.isPeerWell === undefined) {
    return nothing(stayed(', of whose own network nothing is known'));
  }
  if (!part.isPeerWell) return nothing(stayed(', whose own report is not green over IPv4'));
  const says = stayed(', whose own report is green');
  // A peer is known to be well over IPv4. Whether it has IPv6 it does not say.
  if (ipv4.routed.value === 'no')
    return nothing(`${says}; but this machine has no IPv4, and the peer may have no IPv6`);
  return { tells: 'relayed', family: null, says };
}

function staysRelayed({ reached, watchedMs }: PeerSeen): boolean {
  return reached === 'relayed' && watchedMs >= STAYS_RELAYED_MS;
}

interface Place {
  /** Of the peer's address; null: it cannot be read. */
  family: Family | null;
  /** It stands in this network: at a private address, at our own public one, or in our own IPv6 network. */
  isInside: boolean;
  /** A firewall that lists the ports that it lets out may have this one. */
  isRelayPort: boolean;
}

function placeOf({ remoteAddr = '' }: PeerSeen, { records, relays, isPublic }: Given): Place {
  try {
    const { family, ip, port } = unmapped(parseSocketAddr(remoteAddr));
    const isRelayPort = port < FIRST_UNPRIVILEGED_PORT || relays.some(({ quicPort }) => quicPort === port);
    return { family, isInside: !isPublic(ip) || ownNetworks(records).has(networkOf(ip)), isRelayPort };
  } catch {
    return { family: null, isInside: false, isRelayPort: false };
  }
}

/** Of all addresses that this machine has, or is seen at. */
function ownNetworks(records: readonly ProbeRecord[]): ReadonlySet<string> {
  const sources = seen(records, 'routes').flatMap(({ part }) => part.sourceIp ?? []);
  const addresses = seen(records, 'addresses').flatMap(({ part }) =>
    [part.local, part.observed].map(bareIpOf),
  );
  return new Set([...sources, ...addresses].map(networkOf));
}

function bareIpOf(socketAddr: string): string {
  return withoutBrackets(ipOf(socketAddr));
}
