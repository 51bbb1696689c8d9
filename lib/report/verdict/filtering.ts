import type { ChangedAnswer, Family, FilteringSeen } from '../observation.js';
import type { Filtering, ProbeRecord } from '../types.js';
import { judged, type Seen, seen, unknown } from './seen.js';

/**
 * Whose datagrams the NAT or firewall lets in (RFC 5780, section 4.4). One datagram that arrived proves it is open,
 * even if another server's test was silent. Silence counts only where the path loses few datagrams.
 */
export function judgeFiltering(records: readonly ProbeRecord[], family: Family): Filtering {
  const tests = seen(records, 'filterings').filter(({ part }) => part.family === family);
  if (tests.length === 0) return unknown('no server was asked that can answer from another address');
  const openToAll = tests.filter(({ part }) => part.fromOtherIp === 'arrived');
  if (openToAll.length > 0) {
    return judged('endpoint-independent', 'a datagram came in from an address never written to', openToAll);
  }
  const believed = tests.filter(({ part }) => isTelling(part));
  const openToPorts = believed.filter(({ part }) => part.fromOtherPort === 'arrived');
  if (openToPorts.length > 0) {
    const reason = 'another port of an address written to came through, another address did not';
    return judged('address-dependent', reason, openToPorts);
  }
  if (believed.length > 0) {
    const reason = 'neither another port nor another address than the one written to came through';
    return judged('address-and-port-dependent', reason, believed);
  }
  return unknown(reasonOf(tests), tests);
}

/** Whether the server was asked both questions, and few datagrams were lost, so that silence means "blocked". */
function isTelling({ fromOtherIp, fromOtherPort, isSteady }: FilteringSeen): boolean {
  return isSteady && fromOtherIp === 'silent' && (fromOtherPort === 'silent' || fromOtherPort === 'arrived');
}

function reasonOf(tests: readonly Seen<FilteringSeen>[]): string {
  const has = (answer: ChangedAnswer) =>
    tests.some(({ part }) => part.fromOtherIp === answer || part.fromOtherPort === answer);
  if (has('cut')) return 'the time was up before the silence meant something';
  if (tests.some(({ part }) => !part.isSteady)) return 'datagrams were lost: silence says nothing';
  if (has('ignored')) return 'the server answered from the same address although asked not to';
  return 'the server refused to answer from another address';
}
