import { parseSocketAddr } from '../../wire/index.js';
import type { IsPublicAddress } from '../address-class.js';
import { MIN_VANTAGE_POINTS } from '../constants.js';
import type { AddressSeen, Family } from '../observation.js';
import type { Mapping, ProbeRecord, PublicAddress } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';

const ONE_VANTAGE_POINT = 'one vantage point cannot tell; add a second relay at another IP address';

/** How the NAT of one family maps a local port. Answers are compared only where they left from the same local side. */
export function judgeMapping(
  records: readonly ProbeRecord[],
  family: Family,
  isPublic: IsPublicAddress,
): Mapping {
  const { answers, inside } = answersOf(records, family, isPublic);
  if (answers.length === 0) return unknown(nobodyOutside(inside), inside);
  if (answers.every(({ part }) => part.observed === part.local)) {
    return judged('none', 'the address seen from outside is our own: no NAT', answers);
  }
  if (new Set(answers.map(({ part }) => ipOf(part.local))).size > 1) {
    return unknown('split routes: the answers left from different local addresses', answers);
  }
  const sockets = [...new Set(answers.map(({ part }) => part.local))];
  return agreed(sockets.map((local) => judgeSocket(answers.filter(({ part }) => part.local === local))));
}

/** The answers to one socket, at least one. */
function judgeSocket(answers: readonly Seen<AddressSeen>[]): Mapping {
  const [first] = answers;
  if (first === undefined || answers.length === 1) {
    return unknown(ONE_VANTAGE_POINT, answers);
  }
  return answers.every(({ part }) => part.observed === first.part.observed)
    ? judgeEqual(answers)
    : judgeDifferent(first, answers);
}

/** One verdict from those over several sockets (of several probes): the known ones must be the same. */
function agreed(mappings: readonly Mapping[]): Mapping {
  const known = mappings.filter(({ value }) => value !== 'unknown');
  const telling = known.length > 0 ? known : mappings;
  const evidence = [...new Set(telling.flatMap((mapping) => mapping.evidence))];
  if (new Set(known.map(({ value }) => value)).size > 1) {
    return { value: 'unknown', reason: 'the answers to different sockets contradict each other', evidence };
  }
  // "Differs, but did not repeat itself" says more than "one vantage point".
  const best = telling.find(({ reason }) => reason !== ONE_VANTAGE_POINT) ?? telling[0];
  return { value: best?.value ?? 'unknown', reason: best?.reason ?? ONE_VANTAGE_POINT, evidence };
}

/** The address that the first vantage point saw. */
export function judgePublicAddress(
  records: readonly ProbeRecord[],
  family: Family,
  isPublic: IsPublicAddress,
): PublicAddress {
  const { answers, inside } = answersOf(records, family, isPublic);
  const [first] = answers;
  if (first === undefined)
    return { value: null, reason: nobodyOutside(inside), evidence: inside.map(({ ref }) => ref) };
  return { value: first.part.observed, reason: `seen by ${first.part.destinationIp}`, evidence: [first.ref] };
}

interface Answers {
  /** From vantage points on the Internet. */
  answers: Seen<AddressSeen>[];
  /** From a relay in our own network: it sees us before the NAT, and must not be compared with the others. */
  inside: Seen<AddressSeen>[];
}

function answersOf(records: readonly ProbeRecord[], family: Family, isPublic: IsPublicAddress): Answers {
  const all = seen(records, 'addresses').filter(({ part }) => part.family === family);
  const isOutside = ({ part }: Seen<AddressSeen>) => isPublic(parseSocketAddr(part.observed).ip);
  return { answers: all.filter(isOutside), inside: all.filter((answer) => !isOutside(answer)) };
}

function nobodyOutside(inside: readonly Seen<AddressSeen>[]): string {
  return inside.length === 0
    ? 'nobody outside told our public address'
    : 'who answered sees us at a private address: it stands in our own network and cannot tell';
}

function judgeEqual(answers: readonly Seen<AddressSeen>[]): Mapping {
  const vantagePoints = new Set(answers.map(({ part }) => part.destinationIp)).size;
  if (vantagePoints < MIN_VANTAGE_POINTS) {
    return unknown('equal answers, but all from one IP address; add a relay at another one', answers);
  }
  return judged('endpoint-independent', `${vantagePoints} IP addresses saw the same address`, answers);
}

function judgeDifferent(first: Seen<AddressSeen>, answers: readonly Seen<AddressSeen>[]): Mapping {
  const { observed, again } = first.part;
  if (again === undefined) return unknown('the answers differ, and none was asked again', answers);
  if (again !== observed) return unknown('the first answer changed when asked again', answers);
  const ips = new Set(answers.map((answer) => ipOf(answer.part.observed)));
  const what = ips.size > 1 ? 'the public address' : 'only the public port';
  return judged('endpoint-dependent', `${what} differs from destination to destination`, answers);
}

function ipOf(socketAddr: string): string {
  return socketAddr.slice(0, socketAddr.lastIndexOf(':'));
}
