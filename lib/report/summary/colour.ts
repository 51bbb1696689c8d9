import type { Family } from '../observation.js';
import type { Colour, FamilyVerdict, Verdict } from '../types.js';

const FAMILIES = [4, 6] as const;

/**
 * What two iroh endpoints would do, one here and one behind an ordinary home router. A peer that was tried shows it;
 * without one it follows from what probes saw.
 */
export function colourOf(verdict: Verdict): Colour {
  if (isProvenDirect(verdict)) return 'green';
  return isShownRelayed(verdict) ? 'orange' : colourWithoutPeer(verdict);
}

/**
 * Whether a peer shows that direct connections work. A direct path to it is not enough without a relay: a peer can be
 * dialled at its own addresses, and most others are found and reached through this machine's relay alone.
 */
export function isProvenDirect(verdict: Verdict): boolean {
  const { peer } = verdict;
  if (peer.value !== 'yes' || !hasRelay(verdict) || verdict.otherPorts.value === 'no') return false;
  return reachesPeers(peer.family === 6 ? verdict.ipv6 : verdict.ipv4);
}

/**
 * Whether a peer shows that connections are relayed, where the probes alone say something else or cannot tell. Its
 * network is known to be well over IPv4, so it does not speak against direct connections over IPv6.
 */
export function isShownRelayed(verdict: Verdict): boolean {
  if (verdict.peer.value !== 'no' || !hasRelay(verdict)) return false;
  const colour = colourWithoutPeer(verdict);
  return colour === 'grey' || (colour === 'green' && isDirect(verdict, 4));
}

/** Whether this machine's own report says that peers can connect to it directly over IPv4. Null: it cannot tell. */
export function isGoodPeer(verdict: Verdict): boolean | null {
  const colour = colourOf(verdict);
  if (colour === 'grey') return null;
  const isShown = isProvenDirect(verdict) && verdict.peer.family === 4;
  return colour === 'green' && (isShown || isWell(verdict.ipv4));
}

function hasRelay(verdict: Verdict): boolean {
  return !isOffline(verdict) && verdict.relayUsable.value === 'yes';
}

/**
 * The colour that follows from the probes. Green needs all of: a usable relay, QUIC that passes, and a mapping that a
 * peer can use. If a fact that decides is unknown, the colour is grey.
 */
export function colourWithoutPeer(verdict: Verdict): Colour {
  if (isOffline(verdict)) return 'grey';
  const { relayUsable } = verdict;
  if (relayUsable.value === 'no') return hasHeard(verdict) ? 'red' : 'grey';
  if (passesUdp(verdict)) {
    if (relayUsable.value === 'unknown') return 'grey';
    const isOpen = verdict.otherPorts.value !== 'no' && verdict.learnsAddress.value !== 'no';
    return isOpen && FAMILIES.some((family) => isDirect(verdict, family)) ? 'green' : 'orange';
  }
  const routed = familiesOf(verdict).filter((family) => family.routed.value !== 'no');
  if (routed.every(({ udp }) => udp.value === 'no')) return 'red';
  // iroh has a relay, but no address that it could send to its peers.
  return relayUsable.value === 'yes' && verdict.learnsAddress.value === 'no' ? 'orange' : 'grey';
}

/** Whether anything answered that is not a portal. Without that we claim nothing. */
function hasHeard(verdict: Verdict): boolean {
  if (passesUdp(verdict)) return true;
  if (verdict.captivePortal.value === 'yes') return false;
  return verdict.relays.some(({ answered }) => answered) || ANSWERED.has(verdict.relayProblem?.kind ?? '');
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
  return FAMILIES.filter((family) => isDirect(verdict, family));
}

function isDirect(verdict: Pick<Verdict, 'ipv4' | 'ipv6' | 'portMapping'>, family: Family): boolean {
  const of = family === 4 ? verdict.ipv4 : verdict.ipv6;
  if (isWell(of)) return true;
  if (family === 6 || !reachesPeers(of) || of.udp.value !== 'yes') return false;
  const mayBeMapped = of.mapping.value === 'endpoint-dependent';
  return mayBeMapped && verdict.portMapping.reachable.value === 'yes';
}

/** Whether an ordinary peer can connect directly, without help of the gateway. */
export function isWell(family: FamilyVerdict): boolean {
  return reachesPeers(family) && family.udp.value === 'yes' && isFriendly(family);
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
