import type { Colour, Verdict } from '../types.js';
import { directFamilies, familiesOf, isOffline, passesUdp } from './reach.js';

/**
 * What two iroh endpoints would do, one of them here and one behind an ordinary home router. Green needs all of it: a
 * relay to meet at, QUIC that passes, and a mapping that a peer can use. Where something is unknown that decides, no
 * colour but grey would be honest.
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
  // iroh has a relay, and no address that it could tell its peers.
  return relayUsable.value === 'yes' && learnsAddress.value === 'no' ? 'orange' : 'grey';
}

/** Whether anything answered at all that no portal would: without that, nothing is claimed. */
function hasHeard({ relays, relayProblem, captivePortal, ...verdict }: Verdict): boolean {
  if (familiesOf(verdict).some(({ udp }) => udp.value === 'yes')) return true;
  if (captivePortal.value === 'yes') return false;
  return relays.some(({ answered }) => answered) || ANSWERED.has(relayProblem?.kind ?? '');
}

/** Problems that only somebody who answers can cause. */
const ANSWERED: ReadonlySet<string> = new Set([
  'certificate-untrusted',
  'certificate-expired',
  'certificate-early',
  'tls-hangs',
  'upgrade-refused',
]);
