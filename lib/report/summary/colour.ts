import type { Family } from '../observation.js';
import type { Colour, FamilyVerdict, Verdict } from '../types.js';

/**
 * What two iroh endpoints would do, one here and one behind an ordinary home router. Green needs all of: a usable
 * relay, QUIC that passes, and a mapping that a peer can use. If a fact that decides is unknown, the colour is grey.
 */
export function colourOf(verdict: Verdict): Colour {
  const { relayUsable, otherPorts, learnsAddress } = verdict;
  if (isOffline(verdict)) return 'grey';
  if (relayUsable.value === 'no') return hasHeard(verdict) ? 'red' : 'grey';
  if (passesUdp(verdict)) {
    if (relayUsable.value === 'unknown') return 'grey';
    const isOpen = otherPorts.value !== 'no' && learnsAddress.value !== 'no';
    return isOpen && directFamilies(verdict).length > 0 ? 'green' : 'orange';
  }
  const routed = familiesOf(verdict).filter((family) => family.routed.value !== 'no');
  if (routed.every(({ udp }) => udp.value === 'no')) return 'red';
  // iroh has a relay, but no address that it could send to its peers.
  return relayUsable.value === 'yes' && learnsAddress.value === 'no' ? 'orange' : 'grey';
}

/** Whether anything answered that is not a portal. Without that we claim nothing. */
function hasHeard({ relays, relayProblem, captivePortal, ...verdict }: Verdict): boolean {
  if (familiesOf(verdict).some(({ udp }) => udp.value === 'yes')) return true;
  if (captivePortal.value === 'yes') return false;
  return relays.some(({ answered }) => answered) || ANSWERED.has(relayProblem?.kind ?? '');
}

/** Problems that prove that a server answered. */
const ANSWERED: ReadonlySet<string> = new Set([
  'certificate-untrusted',
  'certificate-expired',
  'certificate-early',
  'certificate-wrong-name',
  'tls-broken',
  'tls-hangs',
  'upgrade-refused',
]);

/** Families over which an ordinary peer can connect directly, as far as this side can tell. */
export function directFamilies(verdict: Pick<Verdict, 'ipv4' | 'ipv6' | 'portMapping'>): Family[] {
  const { ipv4, ipv6, portMapping } = verdict;
  const isMapped = ipv4.mapping.value === 'endpoint-dependent' && portMapping.reachable.value === 'yes';
  const direct4 = reachesPeers(ipv4) && ipv4.udp.value === 'yes' && (isFriendly(ipv4) || isMapped);
  const direct6 = reachesPeers(ipv6) && ipv6.udp.value === 'yes' && isFriendly(ipv6);
  return [...(direct4 ? ([4] as const) : []), ...(direct6 ? ([6] as const) : [])];
}

/** Whether the kernel has a route to anybody, not only to those that were asked. */
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
function familiesOf({ ipv4, ipv6 }: Pick<Verdict, 'ipv4' | 'ipv6'>): FamilyVerdict[] {
  return [ipv4, ipv6];
}
