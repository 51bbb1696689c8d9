import { parseSocketAddr } from '../../wire/index.js';
import type { IsPublicAddress } from '../address-class.js';
import type { AddressSeen, Family } from '../observation.js';
import type { ProbeRecord } from '../types.js';
import { type Seen, seen } from './seen.js';

/** Somebody who saw our address. */
export type Witness = Seen<AddressSeen>;

/** A witness that tells nothing about the way to the Internet. */
export interface UselessWitness {
  witness: Witness;
  /** One clause whose subject is the witness. */
  why: string;
  /** Whether it stands inside: then what reaches it proves the inside only. Else it looks from an odd place. */
  isInside: boolean;
}

/** Who told our address of one family, by what it is worth. */
export interface Witnesses {
  /** They stand on the Internet, as far as can be told. */
  outside: readonly Witness[];
  useless: readonly UselessWitness[];
}

/**
 * Sorts the answers of one family. The family is that of the address that was seen: what an IPv4 relay behind a
 * translator (NAT64) sees of an IPv6 socket is an IPv4 address, and is never compared with what an IPv6 relay sees.
 */
export function witnessesOf(
  records: readonly ProbeRecord[],
  family: Family,
  isPublic: IsPublicAddress,
): Witnesses {
  const outside: Witness[] = [];
  const useless: UselessWitness[] = [];
  const neighbours = neighboursOf(records, family);
  for (const witness of seen(records, 'addresses')) {
    if (parseSocketAddr(witness.part.observed).family !== family) continue;
    const flaw = flawOf(witness.part, family, isPublic, neighbours);
    if (flaw === null) outside.push(witness);
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
  // A balancer or proxy before the relay writes in its own name.
  if (observedIp === destinationIp && !isOwn(seen)) {
    return { why: 'sees everyone at its own address: a balancer or proxy stands before it', isInside: false };
  }
  if (isPublic(observedIp)) return null;
  return isOwn(seen)
    ? { why: 'sees our private address: it stands in our own network', isInside: true }
    : { why: 'sees us at a private address: a balancer or proxy stands before it', isInside: false };
}

/** Destinations on the link itself. Where no route has a next hop (a tunnel, a point-to-point line) that says nothing. */
function neighboursOf(records: readonly ProbeRecord[], family: Family): ReadonlySet<string> {
  const routes = seen(records, 'routes')
    .map(({ part }) => part)
    .filter((route) => route.family === family);
  if (!routes.some(({ gateway }) => typeof gateway === 'string')) return new Set();
  return new Set(routes.filter(({ gateway }) => gateway === null).map(({ destination }) => destination));
}

/** Who sees our own address while others see another one stands before the NAT, whatever its address looks like. */
function withoutInsiders({ outside, useless }: Witnesses): Witnesses {
  const translated = new Set(outside.filter(({ part }) => !isOwn(part)).map(({ part }) => part.local));
  const isInside = ({ part }: Witness) => isOwn(part) && translated.has(part.local);
  const why = 'sees our own address, which others do not: it stands before the NAT';
  return {
    outside: outside.filter((witness) => !isInside(witness)),
    useless: [...useless, ...outside.filter(isInside).map((witness) => ({ witness, why, isInside: true }))],
  };
}

/** One of three or more that alone sees another IP address is looked at from elsewhere: a balancer, another uplink. */
function withoutOdd({ outside, useless }: Witnesses): Witnesses {
  const odd = [...new Set(outside.map(({ part }) => part.local))].flatMap((local) => {
    const group = outside.filter(({ part }) => part.local === local);
    const ips = group.map(({ part }) => ipOf(part.observed));
    const alone = group.filter((_, at) => ips.indexOf(ips[at] ?? '') === ips.lastIndexOf(ips[at] ?? ''));
    const [one] = alone;
    if (one === undefined || alone.length !== 1) return [];
    const others = group.filter((witness) => witness !== one);
    const agree = new Set(others.map(({ part }) => part.observed)).size === 1;
    const places = new Set(others.map(({ part }) => part.destinationIp));
    return agree && places.size >= 2 && !places.has(one.part.destinationIp) ? [one] : [];
  });
  const why = 'alone sees another IP address than all others: it is not believed';
  return {
    outside: outside.filter((witness) => !odd.includes(witness)),
    useless: [...useless, ...odd.map((witness) => ({ witness, why, isInside: false }))],
  };
}

/** Whether nothing was translated on the way. */
export function isOwn({ observed, local }: AddressSeen): boolean {
  return observed === local;
}

/** The IP address of `ip:port`. */
export function ipOf(socketAddr: string): string {
  return socketAddr.slice(0, socketAddr.lastIndexOf(':'));
}
