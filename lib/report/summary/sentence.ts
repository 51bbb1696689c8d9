import type { Family } from '../observation.js';
import type { Colour, FamilyVerdict, Verdict } from '../types.js';
import { directFamilies, isOffline, passesUdp } from './colour.js';
import { PROBLEMS } from './problems.js';

const WITH_IPV6 = 'with peers that have IPv6';

/** One plain sentence, with what it does not cover in a second one. */
export function sentenceOf(verdict: Verdict, colour: Colour): string {
  switch (colour) {
    case 'green':
      return `${greenSentence(verdict)}${caveat(verdict)}`;
    case 'orange':
      return orangeSentence(verdict);
    case 'red':
      return redSentence(verdict);
    case 'grey':
      return greySentence(verdict);
  }
}

function greenSentence(verdict: Verdict): string {
  const { natType, ipv4, ipv6 } = verdict;
  const direct = directFamilies(verdict);
  const over6 = `over IPv6 (${ipv6.mapping.value === 'none' ? 'No NAT' : 'Endpoint-Independent'})`;
  if (!direct.includes(4)) {
    return `UDP works ${over6}: direct connections should work ${WITH_IPV6}. ${whyNotIpv4(ipv4)}`;
  }
  if (ipv4.mapping.value === 'endpoint-dependent') {
    return 'UDP works. The NAT type is Endpoint-Dependent (IPv4), but the gateway maps ports on request, and iroh asks for one: direct connections should work.';
  }
  const open = isOpen(ipv6) ? ' IPv6 is open as well.' : '';
  return `UDP works and the NAT type is ${natType.value} (IPv4): direct connections should work.${open}`;
}

function whyNotIpv4({ routed, udp, mapping }: FamilyVerdict): string {
  if (routed.value === 'no') return 'This machine has no IPv4.';
  if (udp.value === 'no') return 'UDP over IPv4 is blocked: relayed with others.';
  if (udp.value === 'unknown') return 'Whether UDP over IPv4 works is unknown.';
  return mapping.value === 'endpoint-dependent'
    ? 'The NAT type of IPv4 is Endpoint-Dependent: often relayed with others.'
    : 'The NAT type of IPv4 is unknown.';
}

function isOpen({ udp, mapping }: FamilyVerdict): boolean {
  return udp.value === 'yes' && mapping.value === 'none';
}

/** What was not measured, where a firewall could make it untrue. */
function caveat({ otherPorts }: Verdict): string {
  return otherPorts.value === 'unknown'
    ? ' A firewall may let UDP out to the relays alone: no other UDP port was tried.'
    : '';
}

function orangeSentence(verdict: Verdict): string {
  const { natType, ipv4, ipv6, otherPorts, portMapping } = verdict;
  if (otherPorts.value === 'no' && directFamilies(verdict).length > 0) {
    return `UDP works to the relays' port, but not to others (${otherPorts.reason}): connections are relayed.`;
  }
  if (!passesUdp(verdict)) {
    return `The relays can be used, but none told over QUIC at which address this machine is seen (${verdict.learnsAddress.reason}): behind a NAT connections are relayed. Whether UDP works is unknown: ${whyUnknown(verdict)}.`;
  }
  if (verdict.learnsAddress.value === 'no' && directFamilies(verdict).length > 0) {
    return `UDP works and the NAT type is ${natType.value}, but ${verdict.learnsAddress.reason}: connections may be relayed.`;
  }
  const [listed] = [ipv4, ipv6].filter(({ routed }) => routed.value === 'listed-only');
  if (listed !== undefined && directFamilies(verdict).length === 0) {
    return `UDP works, but ${listed.routed.reason}: connections are relayed.`;
  }
  if (natType.value === 'Endpoint-Dependent') {
    const over = natType.family === null ? '' : ` (IPv${natType.family})`;
    const maps = mayMap(portMapping)
      ? ' The gateway maps ports on request; whether they can be reached from outside was not tried.'
      : '';
    return `UDP works, but the NAT type is Endpoint-Dependent${over}: connections are often relayed.${maps}`;
  }
  if (ipv4.routed.value === 'no' && ipv4.mapping.value !== 'unknown') {
    return 'UDP works to IPv4 through a translator (NAT64) alone, and iroh writes to no IPv4 peer through one: connections are relayed, but with peers whose IPv6 can be reached.';
  }
  const [working] = [ipv4, ipv6].filter(({ udp }) => udp.value === 'yes');
  return `UDP works, but the NAT type is unknown: ${working?.mapping.reason ?? natType.reason}.`;
}

function mayMap({ upnp, pcp, natPmp, reachable }: Verdict['portMapping']): boolean {
  return reachable.value === 'unknown' && [upnp, pcp, natPmp].some(({ value }) => value === 'yes');
}

function redSentence(verdict: Verdict): string {
  const { relayUsable, relayProblem, ipv4, ipv6 } = verdict;
  if (relayUsable.value === 'no') {
    const what =
      relayProblem === null ? 'iroh can use none of the relays.' : PROBLEMS[relayProblem.kind].sentence;
    const despite = passesUdp(verdict) ? ' UDP works, but' : ' And';
    return `${what}${despite} without a relay peers neither find this machine nor get through to it.`;
  }
  const blocked = [ipv4, ipv6].find(({ routed, udp }) => routed.value !== 'no' && udp.value === 'no');
  return `UDP is blocked for iroh: connections work through relays only (${blocked?.udp.reason ?? 'no UDP passes'}).`;
}

function greySentence(verdict: Verdict): string {
  const { relays, relayProblem, relayUsable, captivePortal, tlsIntercepted } = verdict;
  if (isOffline(verdict)) return 'This machine is offline: it has no route to anywhere.';
  if (captivePortal.value === 'yes' && !passesUdp(verdict)) {
    return 'A captive portal answers in the place of the relays: the network lets nothing through yet.';
  }
  const isSilence = relayProblem?.kind === 'tcp-silent' && !relays.some(({ answered }) => answered);
  if (relayUsable.value !== 'yes' && relayProblem !== null && !isSilence) {
    return PROBLEMS[relayProblem.kind].sentence;
  }
  if (tlsIntercepted.value === 'yes') return PROBLEMS['certificate-untrusted'].sentence;
  if (relays.length === 0) return withoutRelays(verdict);
  if (passesUdp(verdict))
    return `UDP works, but whether iroh can use a relay is unknown: ${relayUsable.reason}.`;
  if (relays.some((relay) => relay.httpsMs !== null)) {
    return `The relays answer over HTTPS; whether UDP works is unknown: ${whyUnknown(verdict)}.`;
  }
  if (relays.some((relay) => relay.answered)) return 'A relay answers, but not over HTTPS or UDP.';
  return 'Nothing answered: the network lets nothing through, or none of the relays is up.';
}

function whyUnknown({ ipv4, ipv6 }: Verdict): string {
  const open = [ipv4, ipv6].find(({ routed, udp }) => routed.value !== 'no' && udp.value === 'unknown');
  return (open ?? ipv4).udp.reason;
}

function withoutRelays({ natType }: Verdict): string {
  const told: Record<Family, string> = { 4: 'IPv4', 6: 'IPv6' };
  return natType.family === null
    ? 'No relay is configured, and nobody else told how this machine is seen from outside.'
    : `No relay is configured, and iroh needs one to find peers and to get through to them. The NAT type is ${natType.value} (${told[natType.family]}), as STUN servers see it.`;
}
