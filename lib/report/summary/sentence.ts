import type { Colour, FamilyVerdict, RelayVerdict, Verdict } from '../types.js';
import { isMisled } from '../verdict/learning.js';
import { hostOf } from '../verdict/witnesses.js';
import {
  colourWithoutPeer,
  directFamilies,
  isOffline,
  isProvenDirect,
  isShownRelayed,
  isWell,
  passesUdp,
} from './colour.js';
import { PROBLEMS } from './problems.js';

/** Added if a path loses more than chance explains. It has no numbers: they are in the reason of `lossy`. */
export const MANY_LOST = 'Many packets are lost on the way: a connection may get direct late, or not at all.';

/** One plain sentence. Others follow if something was not measured or makes it less sure. */
export function sentenceOf(verdict: Verdict, colour: Colour): string {
  const told = SENTENCES[colour].find(({ when }) => when(verdict));
  return [
    told?.say(verdict) ?? '',
    ...REMARKS.filter(({ when }) => when(verdict, colour)).map(({ say }) => say(verdict)),
  ].join(' ');
}

interface Sentence {
  when(verdict: Verdict): boolean;
  say(verdict: Verdict): string;
}

const always = () => true;

/** For each colour, the first sentence whose condition holds. */
const SENTENCES: Readonly<Record<Colour, readonly Sentence[]>> = {
  green: [
    {
      when: isProvenDirect,
      say: ({ peer, ipv4 }) => {
        if (peer.family === 4) return `Direct connections work: ${peer.reason}.`;
        return isWell(ipv4)
          ? `Direct connections work: ${peer.reason}. They should work over IPv4 as well, which was not tried with a peer.`
          : `Direct connections work with peers that have IPv6: ${peer.reason}. ${whyNotIpv4(ipv4)}`;
      },
    },
    {
      when: (verdict) => !directFamilies(verdict).includes(4),
      say: ({ ipv4, ipv6 }) => {
        const over6 = `over IPv6 (${ipv6.mapping.value === 'none' ? 'No NAT' : 'Endpoint-Independent'})`;
        return `UDP works ${over6}: direct connections should work with peers that have IPv6. ${whyNotIpv4(ipv4)}`;
      },
    },
    {
      when: ({ ipv4 }) => ipv4.mapping.value === 'endpoint-dependent',
      say: () =>
        'UDP works. The NAT type is Endpoint-Dependent (IPv4), but the gateway offers to map ports, and iroh asks for one: direct connections should work if it gets one that the Internet reaches, which was not tried.',
    },
    {
      when: always,
      say: ({ natType, ipv6 }) => {
        const open =
          ipv6.udp.value === 'yes' && ipv6.mapping.value === 'none' ? ' IPv6 is open as well.' : '';
        return `UDP works and the NAT type is ${natType.value} (IPv4): direct connections should work.${open}`;
      },
    },
  ],
  orange: [
    {
      when: isShownRelayed,
      say: (verdict) => {
        const { natType, peer } = verdict;
        const rest =
          colourWithoutPeer(verdict) === 'green'
            ? `UDP works to the relays and the NAT type is ${natType.value} (IPv4): ${whatShuts(verdict)}`
            : `Whether UDP works is unknown: ${whyUnknown(verdict)}`;
        return `${capital(peer.reason)}: connections are relayed. ${rest}.`;
      },
    },
    {
      when: (verdict) => verdict.otherPorts.value === 'no' && directFamilies(verdict).length > 0,
      say: ({ otherPorts }) =>
        `UDP works to the relays' port but, it seems, not to others (${otherPorts.reason}): connections are mostly relayed.`,
    },
    {
      when: (verdict) => !passesUdp(verdict),
      say: (verdict) =>
        `The relays can be used, but none told over QUIC at which address this machine is seen (${verdict.learnsAddress.reason}): behind a NAT connections are relayed. Whether UDP works is unknown: ${whyUnknown(verdict)}.`,
    },
    {
      when: (verdict) => verdict.learnsAddress.value === 'no' && directFamilies(verdict).length > 0,
      say: ({ natType, learnsAddress }) =>
        `UDP works and the NAT type is ${natType.value}, but ${learnsAddress.reason}: connections may be relayed.`,
    },
    {
      when: (verdict) => listedOnly(verdict) !== undefined && directFamilies(verdict).length === 0,
      say: (verdict) => `UDP works, but ${listedOnly(verdict)?.routed.reason}: connections are relayed.`,
    },
    {
      when: ({ natType }) => natType.value === 'Endpoint-Dependent',
      say: ({ natType, portMapping }) => {
        const over = natType.family === null ? '' : ` (IPv${natType.family})`;
        const maps = mayMap(portMapping)
          ? ' The gateway maps ports on request; whether they can be reached from outside was not tried.'
          : '';
        return `UDP works, but the NAT type is Endpoint-Dependent${over}: connections are often relayed.${maps}`;
      },
    },
    {
      when: ({ ipv4 }) => ipv4.routed.value === 'no' && ipv4.mapping.value !== 'unknown',
      say: () =>
        'UDP works to IPv4 through a translator (NAT64) alone, and iroh writes to no IPv4 peer through one: connections are relayed, but with peers whose IPv6 can be reached.',
    },
    {
      when: always,
      say: ({ ipv4, ipv6, natType }) => {
        const [working] = [ipv4, ipv6].filter(({ udp }) => udp.value === 'yes');
        return `UDP works, but the NAT type is unknown: ${working?.mapping.reason ?? natType.reason}.`;
      },
    },
  ],
  red: [
    {
      when: ({ relayUsable, captivePortal }) => relayUsable.value === 'no' && captivePortal.value === 'yes',
      say: () =>
        'A captive portal answers in the place of the relays. UDP works past it, but without a relay peers neither find this machine nor get through to it.',
    },
    {
      when: ({ relayUsable }) => relayUsable.value === 'no',
      say: (verdict) => {
        const { relayProblem } = verdict;
        const what =
          relayProblem === null ? 'iroh can use none of the relays.' : PROBLEMS[relayProblem.kind].sentence;
        const despite = passesUdp(verdict) ? ' UDP works, but' : ' And';
        return `${what}${despite} without a relay peers neither find this machine nor get through to it.`;
      },
    },
    {
      when: always,
      say: ({ ipv4, ipv6 }) => {
        const blocked = [ipv4, ipv6].find(({ routed, udp }) => routed.value !== 'no' && udp.value === 'no');
        return `UDP is blocked for iroh: connections work through relays only (${blocked?.udp.reason ?? 'no UDP passes'}).`;
      },
    },
  ],
  grey: [
    {
      when: isOffline,
      say: () => 'This machine is offline: it has no route to anywhere.',
    },
    {
      when: (verdict) => verdict.captivePortal.value === 'yes' && !passesUdp(verdict),
      say: () => 'A captive portal answers in the place of the relays: the network lets nothing through yet.',
    },
    {
      when: (verdict) => tellingProblem(verdict) !== null,
      say: (verdict) => tellingProblem(verdict)?.sentence ?? '',
    },
    {
      when: ({ tlsIntercepted }) => tlsIntercepted.value === 'yes',
      say: () => PROBLEMS['certificate-untrusted'].sentence,
    },
    {
      when: ({ relays, natType }) => relays.length === 0 && natType.family === null,
      say: () => 'No relay is configured, and nobody else told how this machine is seen from outside.',
    },
    {
      when: ({ relays }) => relays.length === 0,
      say: ({ natType }) =>
        `No relay is configured, and iroh needs one to find peers and to get through to them. The NAT type is ${natType.value} (IPv${natType.family}), as STUN servers see it.`,
    },
    {
      when: passesUdp,
      say: ({ relayUsable }) =>
        `UDP works, but whether iroh can use a relay is unknown: ${relayUsable.reason}.`,
    },
    {
      when: ({ relays }) => relays.some(({ httpsMs }) => httpsMs !== null),
      say: (verdict) => `The relays answer over HTTPS; whether UDP works is unknown: ${whyUnknown(verdict)}.`,
    },
    {
      when: ({ relays }) => relays.some(({ ipv4Ms, ipv6Ms }) => ipv4Ms !== null || ipv6Ms !== null),
      say: ({ relayUsable }) =>
        `A relay answers over UDP, but nothing more was seen in time: ${relayUsable.reason}.`,
    },
    {
      when: ({ relays }) => relays.some(({ answered }) => answered),
      say: () => 'A relay answers, but not over HTTPS or UDP.',
    },
    {
      when: always,
      say: () => 'Nothing answered: the network lets nothing through, or none of the relays is up.',
    },
  ],
};

/** Sentences that are added if they apply. */
const REMARKS: readonly { when(verdict: Verdict, colour: Colour): boolean; say(verdict: Verdict): string }[] =
  [
    {
      when: ({ otherPorts, peer }, colour) =>
        colour === 'green' && otherPorts.value === 'unknown' && peer.value !== 'yes',
      say: ({ otherPorts, peer }) =>
        `Not tried with iroh's own datagrams${peer.evidence.length === 0 ? ', with a peer' : ''}, or for long, which a firewall or router may treat in another way (${otherPorts.reason}).`,
    },
    {
      when: (verdict) => isProvenDirect(verdict) && isMisled(verdict.learnsAddress),
      say: ({ learnsAddress }) => `Yet ${learnsAddress.reason}: other connections may be relayed.`,
    },
    {
      when: (verdict) =>
        verdict.peer.evidence.length > 0 && verdict.relayUsable.value === 'yes' && !isInSentence(verdict),
      say: ({ peer }) => `${capital(peer.reason)}.`,
    },
    {
      when: ({ peer, relayUsable }) => peer.value === 'yes' && relayUsable.value !== 'yes',
      say: ({ peer }) => `All the same, ${peer.reason}.`,
    },
    {
      when: ({ ipv4, ipv6 }, colour) =>
        (colour === 'green' || colour === 'orange') &&
        [ipv4, ipv6].some(({ udp, lossy }) => udp.value === 'yes' && lossy.value === 'yes'),
      say: () => MANY_LOST,
    },
    {
      when: (verdict, colour) =>
        (colour === 'green' || colour === 'orange') && lostRelays(verdict).length > 0,
      say: (verdict) =>
        lostRelays(verdict)
          .map(
            ({ url, usable }) =>
              `iroh cannot use ${hostOf(url)} (${usable.reason}): peers whose relay that is are not reached.`,
          )
          .join(' '),
    },
  ];

/** Whether the first sentence already says what became of the peers. */
function isInSentence(verdict: Verdict): boolean {
  return isProvenDirect(verdict) || isShownRelayed(verdict) || isOffline(verdict);
}

/** Why no direct path came up, where the probes alone would have expected one. */
function whatShuts({ ipv4 }: Verdict): string {
  return ipv4.mapping.value === 'endpoint-dependent'
    ? 'the gateway offers to map ports, and with this peer that did not help'
    : 'what keeps direct paths shut was not seen';
}

function capital(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}`;
}

/** Relays that are alive, since they answered, and that iroh cannot use. */
function lostRelays({ relays }: Verdict): readonly RelayVerdict[] {
  return relays.filter(
    ({ ipv4Ms, ipv6Ms, usable }) => usable.value === 'no' && (ipv4Ms !== null || ipv6Ms !== null),
  );
}

function whyNotIpv4({ routed, udp, mapping }: FamilyVerdict): string {
  if (routed.value === 'no') return 'This machine has no IPv4.';
  if (udp.value === 'no') return 'UDP over IPv4 is blocked: relayed with others.';
  if (udp.value === 'unknown') return 'Whether UDP over IPv4 works is unknown.';
  return mapping.value === 'endpoint-dependent'
    ? 'The NAT type of IPv4 is Endpoint-Dependent: often relayed with others.'
    : 'The NAT type of IPv4 is unknown.';
}

function listedOnly({ ipv4, ipv6 }: Verdict): FamilyVerdict | undefined {
  return [ipv4, ipv6].find(({ routed }) => routed.value === 'listed-only');
}

function mayMap({ upnp, pcp, natPmp, reachable }: Verdict['portMapping']): boolean {
  return reachable.value === 'unknown' && [upnp, pcp, natPmp].some(({ value }) => value === 'yes');
}

/** The problem to name. If TCP is silent and no relay answered in any other way, "nothing answered" says more. */
function tellingProblem({ relays, relayProblem, relayUsable }: Verdict): { sentence: string } | null {
  if (relayProblem === null || relayUsable.value === 'yes') return null;
  const isSilence = relayProblem.kind === 'tcp-silent' && !relays.some(({ answered }) => answered);
  return isSilence ? null : PROBLEMS[relayProblem.kind];
}

function whyUnknown({ ipv4, ipv6 }: Verdict): string {
  const open = [ipv4, ipv6].find(({ routed, udp }) => routed.value !== 'no' && udp.value === 'unknown');
  return (open ?? ipv4).udp.reason;
}
