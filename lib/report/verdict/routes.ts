import type { Family, RouteSeen } from '../observation.js';
import type { ProbeRecord, Routed } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';

/** What the error codes of `connect` mean, in words. */
const REFUSALS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route',
  EHOSTUNREACH: 'an unreachable one',
  EINVAL: 'a blackhole, or none of this kind',
  EACCES: 'a prohibited one',
  EPERM: 'forbidden by a policy of this machine',
  EADDRNOTAVAIL: 'no address',
  EAFNOSUPPORT: 'the family is switched off',
};

/** Whether the kernel has a route in one family: to the Internet, only to those that were asked, or none. */
export function judgeRouted(records: readonly ProbeRecord[], family: Family): Routed {
  const all = seen(records, 'routes');
  const routes = all.filter(({ part }) => part.family === family);
  if (routes.length === 0) return unknown('the kernel was not asked for a route');
  const open = routes.filter(isOpen);
  const references = routes.filter(({ part }) => part.isReference === true);
  const isOnlyListed = references.length > 0 && !references.some(isOpen);
  if (open.length > 0 && isOnlyListed) {
    const reason =
      'the kernel has routes to the relays or servers alone, and none to the rest of the Internet';
    return judged('listed-only', reason, [...open, ...references]);
  }
  if (open.length > 0) return judged('yes', 'the kernel has a route', open);
  const answered = records.filter((record) => hasAnswer(record, family));
  if (answered.length > 0) return judged('yes', 'an answer came in', asSeen(answered));

  const codes = [...new Set(routes.map(({ part }) => part.refusal ?? 'ENETUNREACH'))];
  const words = codes.map((code) => (REFUSALS[code] === undefined ? code : `${code}: ${REFUSALS[code]}`));
  const reason = `the kernel refused every destination (${words.join('; ')})`;
  // If the other family has a route, what answered may have come over that one.
  const other = family === 4 ? 6 : 4;
  if (all.some(isOpen) || records.some((record) => hasAnswer(record, other)))
    return judged('no', reason, routes);
  const some = records.filter(hasTcpAnswer);
  if (some.length > 0) return unknown(`${reason}, but something answered`, [...routes, ...asSeen(some)]);
  const names = seen(records, 'unresolved').filter(({ part }) => part.mayHaveAddress);
  if (names.length > 0) {
    return unknown(`${reason}, but ${names[0]?.part.host} could not be looked up`, [...routes, ...names]);
  }
  return judged('no', reason, routes);
}

/** Whether no family has a route. Then nothing can be measured and the run may end. */
export function hasNoRoute(records: readonly ProbeRecord[]): boolean {
  return ([4, 6] as const).every((family) => judgeRouted(records, family).value === 'no');
}

function isOpen({ part }: Seen<RouteSeen>): boolean {
  return part.sourceIp !== null;
}

/** Whether anybody answered in this family. Whoever tells how long UDP took also tells our address. */
function hasAnswer({ observation = {} }: ProbeRecord, family: Family): boolean {
  const isOf = (part: { family: Family }) => part.family === family;
  const { addresses = [], quic = [], stun = [], peers = [] } = observation;
  const isStun = stun.some(({ result, ...part }) => isOf(part) && ['answered', 'error'].includes(result));
  const isPeer = peers.some((peer) => peer.reached === 'direct' && peer.family === family);
  return isStun || isPeer || addresses.some(isOf) || quic.some(isOf);
}

/** Whether anybody answered over TCP, in a family that is not known. */
function hasTcpAnswer({ observation = {} }: ProbeRecord): boolean {
  const { latencies = [], portals = [], access = [], interceptions = [], viaProxy = [] } = observation;
  const isThere = access.some(({ stage }) => stage !== 'name' && stage !== 'connect');
  const isHttps = latencies.some(({ kind }) => kind === 'https');
  return isThere || isHttps || [portals, interceptions, viaProxy].some((parts) => parts.length > 0);
}

function asSeen(records: readonly ProbeRecord[]): Seen<null>[] {
  return records.map(({ ref }) => ({ ref, part: null }));
}
