import { boolean, list, ms, object, oneOf, orNull, type Properties, ref } from './builders.js';

const REASON = ref('text', 'Why, in one plain clause.');
const EVIDENCE = list(ref('text'), 'The `ref` of each run that it rests on.');

/** A conclusion with one of these values, or unknown. */
function judged<const V extends string>(description: string, values: readonly V[], meaning: string) {
  return object(description, {
    value: oneOf([...values, 'unknown'], meaning),
    reason: REASON,
    evidence: EVIDENCE,
  });
}

/** The verdict and the summary. */
export const VERDICT = {
  verdict: object('All conclusions.', {
    ipv4: ref('family', 'What was concluded about IPv4.'),
    ipv6: ref('family', 'What was concluded about IPv6.'),
    relays: list(ref('relay'), 'Each relay that was asked.'),
    preferredRelay: orNull(
      ref('url'),
      'The relay with the lowest latency of any kind; `null`: none answered.',
    ),
    relayUsable: ref(
      'fact',
      'Whether iroh has a relay that it can use: without one peers do not find it, and no hole is punched.',
    ),
    relayProblem: orNull(
      ref('relayProblem'),
      'Why it has none; `null`: it has one, or no cause can be named.',
    ),
    learnsAddress: ref(
      'fact',
      'Whether iroh learns from the relays at which address it is seen: behind a NAT it cannot be reached without.',
    ),
    otherPorts: ref(
      'fact',
      'Whether UDP passes to other ports than those of the relays: peers listen on any.',
    ),
    captivePortal: ref('fact', 'Whether a captive portal answers in place of the relays.'),
    tlsIntercepted: ref(
      'fact',
      'Whether something between here and the relays opens TLS; iroh will then not connect to them.',
    ),
    portMapping: ref('portMappings', 'Which port-mapping protocols the gateway offers.'),
    upstreamNat: ref('upstreamNat', 'Whether another NAT stands between the gateway and the Internet.'),
    natType: ref('natType', 'The NAT type in one word.'),
    peer: ref(
      'peerVerdict',
      'Whether a direct path came up to a peer that was tried. `yes`: one that had to be opened from both sides; `no`: connections stayed relayed though a peer’s own network is well.',
    ),
  }),
  family: object('What was concluded about one address family.', {
    routed: judged(
      'Whether the kernel would send datagrams anywhere.',
      ['yes', 'listed-only', 'no'],
      '`listed-only`: to the relays and servers that were asked, and to nobody else.',
    ),
    udp: ref('fact', 'Whether UDP passes as iroh needs it: QUIC, in full-size datagrams, for a while.'),
    lossy: ref('fact', 'Whether more full-size datagrams are lost on the way than chance explains.'),
    publicAddress: ref('publicAddress', 'The address of this machine as seen from outside.'),
    mapping: judged(
      'How the NAT maps one local port (RFC 4787, section 4.1).',
      ['none', 'endpoint-independent', 'endpoint-dependent'],
      '`none`: there is no NAT; `endpoint-independent`: one outer port for every destination; `endpoint-dependent`: another one for each.',
    ),
    filtering: judged(
      'Whose datagrams a NAT or firewall lets in (RFC 4787, section 5). Only STUN servers that can answer from another address can tell.',
      ['endpoint-independent', 'address-dependent', 'address-and-port-dependent'],
      "`endpoint-independent`: anybody's; `address-dependent`: those of addresses that were written to; `address-and-port-dependent`: those of ports that were written to.",
    ),
  }),
  publicAddress: object('The public address in one family.', {
    value: orNull(
      ref('socketAddress'),
      "The probe's socket as seen from outside; its port is not the endpoint's. `null`: unknown.",
    ),
    reason: REASON,
    evidence: EVIDENCE,
  }),
  peerVerdict: object('Whether iroh itself opens direct paths, as a peer that was tried shows it.', {
    value: oneOf(['yes', 'no', 'unknown'], '`unknown`: none was tried, or what was seen tells too little.'),
    reason: REASON,
    evidence: EVIDENCE,
    family: oneOf([4, 6, null], 'Of the direct path; `null`: none.'),
  }),
  fact: judged('Yes, no, or unknown.', ['yes', 'no'], '`unknown` is a value, not a synonym of `no`.'),
  relay: object('The smallest latency of each kind.', {
    url: ref('url', 'Its URL.'),
    ipv4Ms: orNull(ms('Milliseconds.'), 'Milliseconds of UDP over IPv4; `null`: not measured.'),
    ipv6Ms: orNull(ms('Milliseconds.'), 'Milliseconds of UDP over IPv6; `null`: not measured.'),
    httpsMs: orNull(ms('Milliseconds.'), 'Milliseconds of HTTPS; `null`: not measured.'),
    answered: boolean('Whether it gave any answer that only the relay itself can give.'),
    usable: ref(
      'fact',
      'Whether iroh can use it: HTTPS with the roots that iroh trusts, up to the WebSocket.',
    ),
  }),
  relayProblem: object('What keeps iroh from the relays.', {
    kind: oneOf(
      [
        'too-many-files',
        'names-lead-nowhere',
        'name-server-silent',
        'name-server-failed',
        'names-unknown',
        'proxy-only',
        'picked-unusable',
        'certificate-untrusted',
        'certificate-expired',
        'certificate-early',
        'certificate-wrong-name',
        'tls-broken',
        'tls-hangs',
        'upgrade-refused',
        'tcp-refused',
        'tcp-silent',
        'no-route',
      ],
      'The cause that has to be put right first.',
    ),
    reason: REASON,
    evidence: EVIDENCE,
  }),
  portMappings: object('Which port-mapping protocols the gateway offers.', {
    upnp: ref('fact', 'UPnP.'),
    pcp: ref('fact', 'PCP (RFC 6887).'),
    natPmp: ref('fact', 'NAT-PMP (RFC 6886).'),
    reachable: ref(
      'fact',
      'Whether a port that the gateway maps on request can be reached from the Internet.',
    ),
  }),
  upstreamNat: judged(
    'Whether another NAT stands between the gateway and the Internet (double NAT, a carrier’s NAT); IPv4.',
    ['certain', 'likely', 'none'],
    '`certain`: the gateway names an address that is not public; `likely`: it names another one than was seen from outside.',
  ),
  natType: object('The words of iroh services.', {
    value: oneOf(
      ['No NAT', 'Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'],
      "IPv4's mapping when it is known, otherwise IPv6's.",
    ),
    family: oneOf([4, 6, null], 'The family that it speaks of; `null`: neither is known.'),
    reason: REASON,
  }),
  summary: object('The verdict for a reader in a hurry.', {
    colour: oneOf(
      ['green', 'orange', 'red', 'grey'],
      '`green`: direct connections should work; `orange`: often relayed; `red`: relayed, or, without a relay that iroh can use, none at all; `grey`: cannot tell.',
    ),
    sentence: ref('text', 'The same in words.'),
    nextSteps: list(ref('text'), 'What could be done about it, if anything.'),
  }),
} as const satisfies Properties;
