import type { Colour, Verdict } from '../types.js';
import { colourWithoutPeer, directFamilies, isOffline, isShownRelayed, passesUdp } from './colour.js';
import { PROBLEMS } from './problems.js';

const FIREWALL =
  'Ask for outgoing UDP to all ports (the relays have 7842, or the one that was said; peers any), and HTTPS to the relays.';

/** Where the colour rests on what one side cannot know. */
const TRY_PEER =
  'Try a peer: run `npx iroh-net-diagnostics peer` on a second machine behind an ordinary router, and name it with --peer (setting `peers`).';

const TRY_OTHER_PEER =
  'Try another peer, in another network: if a direct path to that one comes up, the trouble is at this one.';

const ONE_NAT =
  'ask the provider for a public IPv4 address, or switch the second router to bridge mode if it is your own.';

/** What to do next, the most telling first. */
export function nextStepsOf(verdict: Verdict, colour: Colour): string[] {
  if (isOffline(verdict)) return ['Connect this machine to a network.'];
  return [
    ...new Set([...portalSteps(verdict), ...relaySteps(verdict, colour), ...udpSteps(verdict, colour)]),
  ];
}

function portalSteps({ captivePortal }: Verdict): string[] {
  return captivePortal.value === 'yes'
    ? ['Open a web page on this network and get past its captive portal, then run this again.']
    : [];
}

function relaySteps(verdict: Verdict, colour: Colour): string[] {
  const { relays, relayUsable, relayProblem, tlsIntercepted, captivePortal } = verdict;
  if (relays.length === 0) return ['Configure relays, at least two at different IP addresses.'];
  if (captivePortal.value === 'yes') return [];
  if (relayUsable.value !== 'yes' && relayProblem !== null) return [PROBLEMS[relayProblem.kind].step];
  if (tlsIntercepted.value === 'yes') return [PROBLEMS['certificate-untrusted'].step];
  const isSilent = colour === 'grey' && !relays.some(({ answered }) => answered);
  return isSilent ? ['Check that the relays are up and that their URLs are right.', FIREWALL] : [];
}

function udpSteps(verdict: Verdict, colour: Colour): string[] {
  const { natType, relays, relayUsable, otherPorts } = verdict;
  if (relayUsable.value === 'no') return [];
  if (colour === 'red') return [FIREWALL];
  if (isShownRelayed(verdict) && colourWithoutPeer(verdict) === 'green') return [TRY_OTHER_PEER];
  if (colour !== 'green' && relays.some(({ httpsMs }) => httpsMs !== null) && !passesUdp(verdict)) {
    return [
      'Switch address discovery on in the relays, and say their quicPort; or ask for outgoing UDP to it.',
      ...peerSteps(verdict),
    ];
  }
  if (colour !== 'orange') return [];
  if (otherPorts.value === 'no' && directFamilies(verdict).length > 0) {
    return ['Ask for outgoing UDP to all ports: peers listen on any.', ...peerSteps(verdict)];
  }
  if (verdict.learnsAddress.value === 'no') {
    return [
      "Let the balancer or proxy before that relay pass on its clients' addresses, or use another relay.",
    ];
  }
  if (natType.value === 'Endpoint-Dependent') return easierNat(verdict);
  const more = relays.length === 1 ? ['Add a second relay at another IP address.'] : [];
  return natType.value === 'Unknown' ? [...more, ...peerSteps(verdict)] : more;
}

function peerSteps({ peer, relayUsable }: Verdict): string[] {
  return peer.evidence.length === 0 && relayUsable.value === 'yes' ? [TRY_PEER] : [];
}

function easierNat({ ipv6, portMapping, upstreamNat }: Verdict): string[] {
  const steps: string[] = [];
  if (ipv6.udp.value !== 'yes') steps.push('Enable IPv6: it needs no NAT.');
  if (upstreamNat.value === 'certain') {
    // A port that is mapped at the gateway cannot be reached through the second NAT, so we do not advise to map one.
    return [...steps, `There is a second NAT beyond the gateway: ${ONE_NAT}`];
  }
  if (upstreamNat.value === 'likely')
    steps.push(`There seems to be a second NAT beyond the gateway: ${ONE_NAT}`);
  // A gateway that refuses UPnP can speak it, so it has a setting for it.
  const { upnp, pcp, natPmp } = portMapping;
  const hasOther = pcp.value === 'yes' || natPmp.value === 'yes';
  if (upnp.value === 'no' && !hasOther) steps.push('Enable UPnP on the gateway.');
  return steps;
}
