import { MIN_VANTAGE_POINTS } from '../constants.js';
import type { Family } from '../observation.js';
import type { Mapping, NatType, NatTypeName, ProbeRecord, PublicAddress } from '../types.js';
import { judged, seen, unknown } from './seen.js';
import { type Given, ipOf, isOwn, missingWitnesses, type Witness, type Witnesses } from './witnesses.js';

const ONE_VANTAGE_POINT = 'one vantage point cannot tell';

/**
 * How the NAT of one family maps a local port. Two answers are compared only if they left from the same local address
 * and port.
 */
export function judgeMapping({ records, relays, witnesses: all }: Given, family: Family): Mapping {
  const witnesses = all[family];
  const { outside } = witnesses;
  const missing = () => missingWitnesses(records, relays, family);
  if (outside.length === 0) return nobodyOutside(witnesses, missing());
  const detour = findDetour(records, outside, family);
  if (detour !== null) return detour;
  if (outside.every(({ part }) => isOwn(part))) return judgeOwn(records, outside, family);
  const mappings = [...new Set(outside.map(({ part }) => part.local))].map((local) =>
    judgeSocket(
      outside.filter(({ part }) => part.local === local),
      () => advice(witnesses, missing()),
    ),
  );
  // If one socket proved that the NAT depends on the destination, equal answers to another socket do not change that.
  const dependent = mappings.filter(({ value }) => value === 'endpoint-dependent');
  if (dependent.length > 0) return together(dependent);
  if (new Set(outside.map(({ part }) => ipOf(part.local))).size > 1) {
    return unknown('split routes: the answers left from different local addresses', outside);
  }
  return agreed(mappings, new Set(outside.map(({ part }) => ipOf(part.observed))));
}

/**
 * All witnesses are reached by another way than the rest of the Internet (a VPN for the relays alone, or for all but
 * them). What they see is not what peers meet. Null: some of them are not, or nobody knows.
 */
function findDetour(
  records: readonly ProbeRecord[],
  outside: readonly Witness[],
  family: Family,
): Mapping | null {
  const routes = seen(records, 'routes').filter(
    ({ part }) => part.family === family && part.sourceIp !== null && part.interface !== undefined,
  );
  const [reference] = routes.filter(({ part }) => part.isReference === true);
  if (reference === undefined) return null;
  const towards = outside.map(({ part: { destinationIp } }) =>
    routes.find(({ part }) => part.isReference !== true && part.destination === destinationIp),
  );
  const others = towards.flatMap((route) =>
    route === undefined || route.part.interface === reference.part.interface ? [] : [route],
  );
  const [first] = others;
  if (first === undefined || others.length < towards.length) return null;
  const reason = `the relays are reached through ${first.part.interface}, and the rest of the Internet through ${reference.part.interface}: peers meet another NAT than the relays see`;
  return unknown(reason, [...outside, ...others, reference]);
}

/** The address that the first vantage point saw. */
export function judgePublicAddress(
  { records, relays, witnesses: all }: Given,
  family: Family,
): PublicAddress {
  const witnesses = all[family];
  const [first] = witnesses.outside;
  if (first === undefined) {
    const { reason, evidence } = nobodyOutside(witnesses, missingWitnesses(records, relays, family));
    return { value: null, reason, evidence };
  }
  return { value: first.part.observed, reason: `seen by ${first.part.destinationIp}`, evidence: [first.ref] };
}

function nobodyOutside({ useless }: Witnesses, missing: readonly string[]): Mapping {
  const heard = useless.map(({ witness, why }) => `${witness.part.destinationIp} ${why}`);
  const clauses = ['nobody outside told our public address', ...heard, ...missing];
  return unknown(
    clauses.join('; '),
    useless.map(({ witness }) => witness),
  );
}

/**
 * The relay sees our own address, so nothing was translated. One relay alone is not enough if another working relay
 * is silent over UDP: the first may stand in our own network, at an address that only looks public.
 */
function judgeOwn(records: readonly ProbeRecord[], own: readonly Witness[], family: Family): Mapping {
  const places = new Set(own.map(({ part }) => part.destinationIp)).size;
  const silences = seen(records, 'silences').filter(({ part }) => part.family === family);
  if (places >= MIN_VANTAGE_POINTS || silences.length === 0) return judged('none', NO_NAT, own);
  const overHttps = new Set(seen(records, 'latencies').map(({ part }) => part.relayUrl));
  const silent = silences.filter(({ part }) => overHttps.has(part.relayUrl));
  if (silent.length > 0) {
    const reason = 'one relay sees our own address, and may stand in our own network: another one is silent';
    return unknown(reason, [...own, ...silent]);
  }
  return judged('none', NO_NAT, own);
}

const NO_NAT = 'the address seen from outside is our own: no NAT';

/** Judges the answers to one socket. There is at least one. */
function judgeSocket(answers: readonly Witness[], help: () => string): Mapping {
  const [first] = answers;
  if (first === undefined || answers.length === 1) return unknown(`${ONE_VANTAGE_POINT}; ${help()}`, answers);
  return answers.every(({ part }) => part.observed === first.part.observed)
    ? judgeEqual(answers, help)
    : judgeDifferent(answers);
}

function judgeEqual(answers: readonly Witness[], help: () => string): Mapping {
  const places = new Set(answers.map(({ part }) => part.destinationIp)).size;
  if (places < MIN_VANTAGE_POINTS) {
    return unknown(`equal answers, but all from one IP address; ${help()}`, answers);
  }
  return judged('endpoint-independent', `${places} IP addresses saw the same address`, answers);
}

function judgeDifferent(answers: readonly Witness[]): Mapping {
  const asked = answers.filter(({ part }) => part.again !== undefined);
  if (asked.length === 0) return unknown('the answers differ, and none was asked again', answers);
  if (asked.some(({ part }) => part.again !== part.observed)) {
    return unknown('the first answer changed when asked again', answers);
  }
  const ips = new Set(answers.map(({ part }) => ipOf(part.observed)));
  const what = ips.size > 1 ? 'the public address' : 'only the public port';
  return judged('endpoint-dependent', `${what} differs from destination to destination`, answers);
}

/** Joins the verdicts over several sockets (of several probes). Those that are known must be the same. */
function agreed(mappings: readonly Mapping[], publicIps: ReadonlySet<string>): Mapping {
  const known = mappings.filter(({ value }) => value !== 'unknown');
  if (new Set(known.map(({ value }) => value)).size > 1) {
    return {
      ...together(known),
      value: 'unknown',
      reason: 'the answers to different sockets contradict each other',
    };
  }
  if (known.length > 0 && publicIps.size > 1) {
    const reason = `different sockets are seen at different addresses (${[...publicIps].join(', ')}): a pool, or several uplinks`;
    return { ...together(known), value: 'unknown', reason };
  }
  if (known.length > 0) return together(known);
  // The reason "the answer changed when asked again" says more than "one vantage point", so it goes first.
  const telling = mappings.filter(({ reason }) => !reason.startsWith(ONE_VANTAGE_POINT));
  return together([...telling, ...mappings]);
}

/** The first verdict, with the evidence of all of them. */
function together(mappings: readonly Mapping[]): Mapping {
  const [first] = mappings;
  const evidence = [...new Set(mappings.flatMap((mapping) => mapping.evidence))];
  return { value: first?.value ?? 'unknown', reason: first?.reason ?? ONE_VANTAGE_POINT, evidence };
}

/**
 * What is missing for a second vantage point. Relays that failed are named; without any, the advice is to add a
 * relay.
 */
function advice({ useless }: Witnesses, missing: readonly string[]): string {
  const heard = useless.map(({ witness, why }) => `${witness.part.destinationIp} ${why}`);
  const named = [...heard, ...missing];
  return named.length === 0 ? 'add a second relay at another IP address' : named.join('; ');
}

const NAMES: Readonly<Record<Mapping['value'], NatTypeName>> = {
  none: 'No NAT',
  'endpoint-independent': 'Endpoint-Independent',
  'endpoint-dependent': 'Endpoint-Dependent',
  unknown: 'Unknown',
};

/** IPv4's type when its mapping is known, otherwise IPv6's. */
export function judgeNatType(ipv4: Mapping, ipv6: Mapping): NatType {
  const family = ipv4.value !== 'unknown' ? 4 : ipv6.value !== 'unknown' ? 6 : null;
  const mapping = family === 6 ? ipv6 : ipv4;
  return { value: NAMES[mapping.value], family, reason: mapping.reason };
}
