import type { Family } from '../observation.js';
import type { FamilyVerdict, Verdict } from '../types.js';

/** Families over which an ordinary peer gets through, as far as this side can tell. */
export function directFamilies(verdict: Pick<Verdict, 'ipv4' | 'ipv6' | 'portMapping'>): Family[] {
  const { ipv4, ipv6, portMapping } = verdict;
  const isMapped = ipv4.mapping.value === 'endpoint-dependent' && portMapping.reachable.value === 'yes';
  const direct4 = reachesPeers(ipv4) && ipv4.udp.value === 'yes' && (isFriendly(ipv4) || isMapped);
  const direct6 = reachesPeers(ipv6) && ipv6.udp.value === 'yes' && isFriendly(ipv6);
  return [...(direct4 ? ([4] as const) : []), ...(direct6 ? ([6] as const) : [])];
}

/** Whether the kernel has a way to others than those that were asked. */
function reachesPeers({ routed }: FamilyVerdict): boolean {
  return routed.value !== 'listed-only';
}

function isFriendly({ mapping }: FamilyVerdict): boolean {
  return mapping.value === 'none' || mapping.value === 'endpoint-independent';
}

/** Whether UDP passes in any family. */
export function passesUdp(verdict: Pick<Verdict, 'ipv4' | 'ipv6'>): boolean {
  return familiesOf(verdict).some(({ udp }) => udp.value === 'yes');
}

/** Whether the kernel knows no way out in either family. */
export function isOffline(verdict: Pick<Verdict, 'ipv4' | 'ipv6'>): boolean {
  return familiesOf(verdict).every(({ routed }) => routed.value === 'no');
}

/** Both families. */
export function familiesOf({ ipv4, ipv6 }: Pick<Verdict, 'ipv4' | 'ipv6'>): FamilyVerdict[] {
  return [ipv4, ipv6];
}
