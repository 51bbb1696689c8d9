import { type IsPublicAddress, parseSocketAddr, withoutBrackets } from '../../wire/index.js';
import type { AddressSeen, Family } from '../observation.js';
import type { AskedRelay, ProbeRecord } from '../types.js';
import { onRead } from './on-read.js';
import { type Seen, seen } from './seen.js';

/** An answer that tells our address as somebody outside saw it. */
export type Witness = Seen<AddressSeen>;

/** A witness that tells nothing about the way to the Internet. */
interface UselessWitness {
  witness: Witness;
  /** One clause whose subject is the witness. */
  why: string;
  /**
   * True: it stands in our own network, and what reaches it says nothing about the Internet. False: its answer is odd
   * for another reason.
   */
  isInside: boolean;
}

/** The witnesses of one family, by what they are worth. */
export interface Witnesses {
  /** As far as we can tell, these stand on the Internet. */
  outside: readonly Witness[];
  useless: readonly UselessWitness[];
}

/** What a verdict is made of. The witnesses are sorted once, when they are needed, because five conclusions need them. */
export interface Given {
  records: readonly ProbeRecord[];
  /** The relays that were to be asked. */
  relays: readonly AskedRelay[];
  isPublic: IsPublicAddress;
  witnesses: Readonly<Record<Family, Witnesses>>;
}

export function given(
  records: readonly ProbeRecord[],
  relays: readonly AskedRelay[],
  isPublic: IsPublicAddress,
): Given {
  const witnesses = onRead<Given['witnesses']>({
    4: () => witnessesOf(records, 4, isPublic),
    6: () => witnessesOf(records, 6, isPublic),
  });
  return { records, relays, isPublic, witnesses };
}

/**
 * Sorts the answers of one family: the family of the address that was seen. An IPv4 relay behind a translator (NAT64)
 * sees an IPv4 address of an IPv6 socket; that answer belongs to IPv4.
 */
function witnessesOf(records: readonly ProbeRecord[], family: Family, isPublic: IsPublicAddress): Witnesses {
  const outside: Witness[] = [];
  const useless: UselessWitness[] = [];
  const neighbours = neighboursOf(records, family);
  const hasSilent = seen(records, 'silences').some(({ part }) => part.family === family);
  for (const witness of seen(records, 'addresses')) {
    if (parseSocketAddr(witness.part.observed).family !== family) continue;
    const flaw = flawOf(witness.part, family, isPublic, neighbours);
    if (flaw === null && !(hasSilent && isSeenFromItsOwnNetwork(witness.part))) outside.push(witness);
    else if (flaw === null) useless.push({ witness, why: OWN_NETWORK, isInside: true });
    else useless.push({ witness, ...flaw });
  }
  return withoutOdd(withoutInsiders({ outside, useless }));
}

function flawOf(
  seen: AddressSeen,
  family: Family,
  isPublic: IsPublicAddress,
  neighbours: ReadonlySet<string>,
): Omit<UselessWitness, 'witness'> | null {
  const { family: asked, observed, destinationIp } = seen;
  const observedIp = parseSocketAddr(observed).ip;
  if (asked === family && !isPublic(destinationIp)) {
    return { why: 'has a private address: it stands in our own network', isInside: true };
  }
  if (neighbours.has(destinationIp)) {
    return { why: 'stands on our own link, which is not the way to the Internet', isInside: true };
  }
  // A balancer or proxy in front of the relay sends all clients' datagrams from its own address.
  if (observedIp === destinationIp && !isOwn(seen)) {
    return { why: 'sees everyone at its own address: a balancer or proxy stands before it', isInside: false };
  }
  if (isPublic(observedIp)) return null;
  return isOwn(seen)
    ? { why: 'sees our private address: it stands in our own network', isInside: true }
    : { why: 'sees us at a private address: a balancer or proxy stands before it', isInside: false };
}

const OWN_NETWORK = 'sees us in its own network, while another relay is silent: it may stand inside';

/**
 * A relay in our own network, at an address that only looks public, sees the router's address, which is in the same
 * network as the relay's.
 */
function isSeenFromItsOwnNetwork({ by, observed, destinationIp }: AddressSeen): boolean {
  const network = (ip: string) => ip.split('.').slice(0, 3).join('.');
  return by === 'quic' && !destinationIp.includes(':') && network(ipOf(observed)) === network(destinationIp);
}

/**
 * Destinations on our own link. If no route at all has a next hop (a tunnel, a point-to-point line), "on the link"
 * says nothing.
 */
function neighboursOf(records: readonly ProbeRecord[], family: Family): ReadonlySet<string> {
  const routes = seen(records, 'routes')
    .map(({ part }) => part)
    .filter((route) => route.family === family);
  if (!routes.some(({ gateway }) => typeof gateway === 'string')) return new Set();
  return new Set(routes.filter(({ gateway }) => gateway === null).map(({ destination }) => destination));
}

/** A witness that sees our own address, while others see another one, stands between us and the NAT. */
function withoutInsiders({ outside, useless }: Witnesses): Witnesses {
  const translated = new Set(outside.filter(({ part }) => !isOwn(part)).map(({ part }) => part.local));
  const isInside = ({ part }: Witness) => isOwn(part) && translated.has(part.local);
  const why = 'sees our own address, which others do not: it stands before the NAT';
  return {
    outside: outside.filter((witness) => !isInside(witness)),
    useless: [...useless, ...outside.filter(isInside).map((witness) => ({ witness, why, isInside: true }))],
  };
}

/**
 * If one of three or more witnesses sees another IP address than all others, our datagrams to it take another way: a
 * balancer, another uplink. Ports are not compared, since the others may have been asked from several sockets.
 */
function withoutOdd({ outside, useless }: Witnesses): Witnesses {
  const odd = [...new Set(outside.map(({ part }) => ipOf(part.local)))].flatMap((localIp) =>
    oddOf(outside.filter(({ part }) => ipOf(part.local) === localIp)),
  );
  const why = 'alone sees another IP address than all others: it is not believed';
  return {
    outside: outside.filter((witness) => !odd.includes(witness)),
    useless: [...useless, ...odd.map((witness) => ({ witness, why, isInside: false }))],
  };
}

function oddOf(group: readonly Witness[]): Witness[] {
  const placesBy = new Map<string, Set<string>>();
  for (const { part } of group) {
    const ip = ipOf(part.observed);
    placesBy.set(ip, (placesBy.get(ip) ?? new Set()).add(part.destinationIp));
  }
  const lone = [...placesBy].filter(([, places]) => places.size === 1);
  const many = [...placesBy].filter(([, places]) => places.size > 1);
  const [one] = lone;
  if (one === undefined || lone.length !== 1 || many.length !== 1) return [];
  return group.filter(({ part }) => ipOf(part.observed) === one[0]);
}

/** Whether nothing was translated on the way. */
export function isOwn({ observed, local }: AddressSeen): boolean {
  return observed === local;
}

/** The IP address of `ip:port`. */
export function ipOf(socketAddr: string): string {
  return socketAddr.slice(0, socketAddr.lastIndexOf(':'));
}

/** For each relay that told no address of this family: why not, in one clause. In the order of the relays. */
export function missingWitnesses(
  records: readonly ProbeRecord[],
  relays: readonly AskedRelay[],
  family: Family,
): string[] {
  return relays.flatMap(({ url, quicPort }) => {
    const host = hostOf(url);
    const why = whyMissing(records, url, quicPort, family);
    return why === null ? [] : [`${host} ${why}`];
  });
}

function whyMissing(
  records: readonly ProbeRecord[],
  url: string,
  quicPort: number | null,
  family: Family,
): string | null {
  if (quicPort === null) return 'has no address discovery';
  const quic = seen(records, 'quic').filter(({ part }) => part.relayUrl === url && part.family === family);
  const latency = family === 4 ? 'ipv4' : 'ipv6';
  const hasTold = seen(records, 'latencies').some(
    ({ part }) => part.relayUrl === url && part.kind === latency,
  );
  if (hasTold) return null;
  const name = seen(records, 'names').find(
    ({ part }) => part.host === bareHost(url) && part.family === family,
  );
  if (name !== undefined && name.part.result !== 'found') return NAMELESS[name.part.result](family);
  const code = quic.find(({ part }) => part.code !== undefined)?.part.code;
  if (code === 'QAD_NOT_OFFERED') return 'does not discover addresses';
  if (code !== undefined) return `did not tell it (${code})`;
  const isSilent = seen(records, 'silences').some(
    ({ part }) => part.relayUrl === url && part.family === family,
  );
  return isSilent ? `was silent over QUIC (UDP port ${quicPort})` : null;
}

const NAMELESS = {
  none: (family: Family) => `has no IPv${family} address`,
  silent: () => 'could not be looked up: the name server was silent',
  failed: () => 'could not be looked up',
} as const;

/** A relay's host with its port, for people. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** The host as it is looked up: without brackets or port. */
export function bareHost(url: string): string {
  return URL.canParse(url) ? withoutBrackets(new URL(url).hostname) : url;
}
