import type { Colour, FamilyVerdict, Summary, Verdict } from './types.js';

const FIREWALL =
  'Ask for outgoing UDP to port 7842 of the relays (or to everywhere), and HTTPS to the relays.';

const ONE_NAT =
  'ask the provider for a public IPv4 address, or switch the second router to bridge mode if it is your own.';

/** The verdict in one colour, one sentence and the next steps. Pure. */
export function summarise(verdict: Verdict): Summary {
  const colour = colourOf(verdict);
  return { colour, sentence: sentenceOf(verdict, colour), nextSteps: nextStepsOf(verdict, colour) };
}

/**
 * Green, orange and red each claim something about UDP. Where it is unknown none of them would be honest:
 * grey then, also when relays answered over HTTPS.
 */
function colourOf(verdict: Verdict): Colour {
  const families = familiesOf(verdict);
  if (families.some(({ udp }) => udp.value === 'yes')) {
    const type = verdict.natType.value;
    return type === 'No NAT' || type === 'Endpoint-Independent' ? 'green' : 'orange';
  }
  const routed = families.filter((family) => family.routed.value !== 'no');
  const blocked = routed.length > 0 && routed.every(({ udp }) => udp.value === 'no');
  return blocked ? 'red' : 'grey';
}

function familiesOf({ ipv4, ipv6 }: Verdict): FamilyVerdict[] {
  return [ipv4, ipv6];
}

function isOffline(verdict: Verdict): boolean {
  return familiesOf(verdict).every(({ routed }) => routed.value === 'no');
}

function sentenceOf(verdict: Verdict, colour: Colour): string {
  if (colour === 'grey') return greySentence(verdict);
  if (colour === 'red') return 'UDP is blocked: connections work through relays only.';
  const { natType, ipv4, ipv6 } = verdict;
  const over = natType.family === null ? '' : ` (IPv${natType.family})`;
  const alsoV6 =
    natType.family === 4 && ipv6.udp.value === 'yes' && ipv6.mapping.value === 'none'
      ? ' IPv6 is open: direct over IPv6 with peers that have it.'
      : '';
  if (colour === 'green') {
    return `UDP works and the NAT type is ${natType.value}${over}: direct connections should work.${alsoV6}`;
  }
  if (natType.value === 'Endpoint-Dependent') {
    return `UDP works, but the NAT type is Endpoint-Dependent${over}: connections are often relayed.${alsoV6}`;
  }
  const [working] = [ipv4, ipv6].filter(({ udp }) => udp.value === 'yes');
  return `UDP works, but the NAT type is unknown: ${working?.mapping.reason ?? natType.reason}.`;
}

function greySentence(verdict: Verdict): string {
  if (isOffline(verdict)) return 'This machine is offline: it has no route to anywhere.';
  if (verdict.captivePortal.value === 'yes') {
    return 'A captive portal answers in the place of the relays: the network lets nothing through yet.';
  }
  if (verdict.tlsIntercepted.value === 'yes') {
    return 'TLS is intercepted on the way to the relays; iroh will not connect to them.';
  }
  if (verdict.relays.length === 0)
    return 'No relay is configured, and nobody else told how this machine is seen from outside.';
  if (verdict.relays.some((relay) => relay.httpsMs !== null)) {
    return 'The relays answer over HTTPS; whether UDP works is unknown.';
  }
  if (verdict.relays.some((relay) => relay.answered)) return 'A relay answers, but not over HTTPS or UDP.';
  return 'Nothing answered: the network lets nothing through, or none of the relays is up.';
}

function nextStepsOf(verdict: Verdict, colour: Colour): string[] {
  if (isOffline(verdict)) return ['Connect this machine to a network.'];
  const steps: string[] = [];
  if (verdict.captivePortal.value === 'yes') {
    steps.push('Open a web page on this network and get past its captive portal, then run this again.');
  }
  if (verdict.tlsIntercepted.value === 'yes') {
    steps.push('Ask for an exception from TLS inspection for the relays.');
  }
  if (verdict.relays.length === 0) steps.push('Configure relays, at least two at different IP addresses.');
  if (colour === 'red') steps.push(FIREWALL);
  if (colour === 'grey' && verdict.relays.length > 0 && steps.length === 0) {
    const answered = verdict.relays.some((relay) => relay.answered);
    if (!answered) steps.push('Check that the relays are up and that their URLs are right.', FIREWALL);
  }
  if (colour === 'orange' && verdict.natType.value === 'Unknown' && verdict.relays.length === 1) {
    steps.push('Add a second relay at another IP address.');
  }
  if (colour === 'orange' && verdict.natType.value === 'Endpoint-Dependent')
    steps.push(...easierNat(verdict));
  return steps;
}

function easierNat({ ipv6, portMapping, upstreamNat }: Verdict): string[] {
  const steps: string[] = [];
  if (ipv6.udp.value !== 'yes') steps.push('Enable IPv6: it needs no NAT.');
  if (upstreamNat.value === 'certain') {
    // A port mapped at the gateway ends at the next NAT: no advice to map one.
    return [...steps, `There is a second NAT beyond the gateway: ${ONE_NAT}`];
  }
  if (upstreamNat.value === 'likely')
    steps.push(`There seems to be a second NAT beyond the gateway: ${ONE_NAT}`);
  // A refusal comes from a home-type gateway too: there the switch exists.
  const { upnp, pcp, natPmp } = portMapping;
  const hasOther = pcp.value === 'yes' || natPmp.value === 'yes';
  if (upnp.value === 'no' && !hasOther) steps.push('Enable UPnP on the gateway.');
  return steps;
}
