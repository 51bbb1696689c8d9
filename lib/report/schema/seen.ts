import {
  boolean,
  count,
  family,
  list,
  ms,
  object,
  oneOf,
  orNull,
  type Properties,
  port,
  ref,
} from './builders.js';

const RELAY = ref('url', "The relay's URL.");
const LOCAL = ref('socketAddress', "Source address that the kernel picked, with the socket's port.");

/** What probes see; the schema of `Observation` in `../observation.ts`. */
export const SEEN = {
  route: object(
    'How a datagram to an address would leave; nothing was sent.',
    {
      family: family(),
      destination: ref('ip', 'The address that was asked about.'),
      sourceIp: orNull(ref('ip'), 'Source address that the kernel picks; `null`: it refused.'),
    },
    {
      refusal: ref('word', "The kernel's error code when it refused, e.g. `ENETUNREACH`."),
      gateway: orNull(ref('ip'), 'The next hop; `null`: none, or none of this family. Absent: unknown.'),
      interface: ref('interface', 'The interface that the route leaves by. Absent: unknown.'),
      tunnel: boolean('Whether that interface is a tunnel. Absent: unknown.'),
      isReference: boolean('The destination stands for the Internet. Absent: somebody who is asked.'),
    },
  ),
  unresolved: object(
    'A name that was looked up for its routes and brought no address: how datagrams to it would leave is unknown.',
    {
      host: ref('host', 'The name.'),
      code: ref('word', 'Why, e.g. `EAI_AGAIN`.'),
      mayHaveAddress: boolean(
        'Whether it may have one all the same: somebody could be asked, and nobody said that it has none.',
      ),
    },
  ),
  latency: object('How long a relay took to answer.', {
    relayUrl: RELAY,
    kind: oneOf(['ipv4', 'ipv6', 'https'], 'UDP over IPv4, UDP over IPv6, or HTTPS.'),
    ms: ms('Round trip in milliseconds.'),
  }),
  address: object(
    'Our address as somebody outside saw it, through one UDP socket.',
    {
      family: family(),
      local: LOCAL,
      destinationIp: ref('ip', 'The one who looked.'),
      destinationPort: port('The UDP port that was asked there.'),
      by: oneOf(['quic', 'stun'], "What was spoken. iroh's direct paths are QUIC."),
      observed: ref('socketAddress', 'What was seen from there.'),
    },
    {
      again: ref(
        'socketAddress',
        'The answer when the same destination was asked again from the same socket. Absent: not asked again.',
      ),
    },
  ),
  silence: object('A relay that did not answer over UDP although it had the time to.', {
    family: family(),
    relayUrl: RELAY,
    isKnown: boolean(
      'Whether it is known to discover addresses: it was said so, or it did before. Relays ship with that off.',
    ),
  }),
  quic: object(
    'What one address of a relay proved about QUIC.',
    {
      family: family(),
      relayUrl: RELAY,
      destinationIp: ref('ip', 'The address that was asked.'),
      destinationPort: port('The UDP port that was asked.'),
      reached: oneOf(
        ['answered', 'established', 'sustained', 'stalled'],
        '`answered`: packets came back, but no handshake; `established`: the handshake was complete, and no more was tried; `sustained`: full-size datagrams of ours were acknowledged over a few hundred milliseconds, as a direct path needs it; `stalled`: they were not.',
      ),
      sent: count('Full-size datagrams of ours after the handshake.'),
      acknowledged: count('Those of them that were acknowledged.'),
      lost: count(
        'Those that were not, although a later one was. What was still on its way at the end is not among them.',
      ),
      spanMs: ms('Between the first of them and the last that was acknowledged.'),
    },
    { code: ref('word', 'Why it went no further.') },
  ),
  relayAccess: object(
    'Whether iroh could use a relay.',
    {
      relayUrl: RELAY,
      stage: oneOf(
        ['name', 'connect', 'tls', 'upgrade', 'ready'],
        "`ready`, or where it ended. `name`: its name has no address; `connect`: TCP; `tls`: the certificate; `upgrade`: the WebSocket's HTTP request.",
      ),
    },
    { code: ref('word', 'Why it ended there.') },
  ),
  homeRelay: object('The home relay of the endpoint, which is connected to it.', { relayUrl: RELAY }),
  name: object(
    "What name servers say about one family of a relay's name.",
    {
      host: ref('host', 'The name.'),
      family: family(),
      result: oneOf(
        ['found', 'none', 'silent', 'failed'],
        '`none`: it has no address of this family; `silent`: nothing was said in time; `failed`: an error.',
      ),
      ips: list(ref('ip'), 'What was found, also what leads nowhere.'),
    },
    { code: ref('word', 'Of `silent` and `failed`.') },
  ),
  refusal: object('This machine would not send a datagram to a relay although it has a route.', {
    family: family(),
    relayUrl: RELAY,
    code: ref('word', "The kernel's error code."),
  }),
  portal: object('What came back from a captive-portal check.', {
    relayUrl: RELAY,
    answer: oneOf(
      ['right', 'own-https', 'client-error', 'wrong'],
      "`right`: the relay's own answer; `own-https`: a redirect to HTTPS on the same host; `client-error`: a 4xx status; `wrong`: anything else.",
    ),
    status: { type: 'integer', description: 'HTTP status.' },
  }),
  interception: object("A certificate that only this machine's own roots vouch for.", {
    relayUrl: RELAY,
    issuer: ref('foreign', 'Who signed it, as it says itself.'),
  }),
  path: object(
    'A live path of the endpoint to a peer.',
    {
      remoteAddr: ref('peer', 'The other end, or the relay between.'),
      isRelay: boolean('Whether it goes through a relay.'),
    },
    { received: count('Datagrams that came by it. Absent: not known.') },
  ),
  triedPeer: object(
    'What a connection of a real endpoint to a peer showed.',
    {
      peer: ref('endpointId', "The peer's id."),
      reached: oneOf(
        ['direct', 'relayed', 'unreached', 'cut'],
        '`direct`: a direct path came up and kept carrying data; `relayed`: none did in the time it was watched; `unreached`: the peer could not be reached; `cut`: the report ended before that was known.',
      ),
      watchedMs: ms('For how long the connection was watched.'),
    },
    {
      family: family(),
      remoteAddr: ref('socketAddress', "The peer's end of the direct path."),
      directMs: ms('From dialling to the direct path.'),
      echoed: count('Messages that came back over the direct path.'),
      letsInStrangers: boolean(
        "Whether the peer's address answers who it never wrote to. Absent: not tried, or not known.",
      ),
      isPeerWell: boolean("Whether the peer's own report is green, and by its IPv4. Absent: it did not say."),
    },
  ),
  portMapping: object(
    "A gateway's answer about a port-mapping protocol.",
    {
      protocol: oneOf(['upnp', 'pcp', 'natPmp'], 'The protocol.'),
      available: boolean('Whether the gateway would map ports. Nothing is mapped to find out.'),
      gateway: ref('ip', 'Who answered.'),
    },
    {
      externalIp: ref('ip', 'The address that the gateway says it has towards the Internet.'),
      refusal: ref('word', 'Why it is not available, e.g. `NOT_AUTHORIZED`.'),
    },
  ),
  stunAnswer: object(
    'What a STUN server did.',
    {
      server: ref('hostPort', 'The server, as in the settings.'),
      family: family(),
      result: oneOf(
        ['answered', 'error', 'silent', 'cut', 'refused', 'unresolved'],
        '`error`: an error, or an answer without the address it saw; `cut`: the report ended first; `refused`: this machine did not send; `unresolved`: its name has no answer.',
      ),
    },
    {
      ip: ref('ip', 'The address that was asked. Absent: unresolved.'),
      ms: ms('From the first request to the answer, in milliseconds.'),
      code: ref('word', 'Of `error`, `refused` and `unresolved`.'),
      rewrittenTo: ref(
        'socketAddress',
        'The address that stood in clear in the answer, where it is not the one that was seen: something rewrote it.',
      ),
    },
  ),
  filtering: object('What came in from addresses that a socket had never written to.', {
    family: family(),
    local: LOCAL,
    server: ref('socketAddress', 'The only address that this socket has written to.'),
    other: ref('socketAddress', 'The address that the server says it can answer from.'),
    fromOtherIp: ref('changedAnswer', 'Of the request to answer from another IP address and port.'),
    fromOtherPort: ref('changedAnswer', 'Of the request to answer from another port alone.'),
    isSteady: boolean(
      'Whether the server, asked plainly after a silence, answered at once: without that, datagrams were lost.',
    ),
  }),
  changedAnswer: oneOf(
    ['arrived', 'silent', 'refused', 'ignored', 'cut'],
    'What came of the request to answer from elsewhere. `arrived`: that answer came in; `silent`: none did; `refused`: the server cannot, or this machine did not ask; `ignored`: the answer came from the same place; `cut`: the report ended first.',
  ),
  viaProxy: object(
    'How long a relay took to answer through a proxy. Evidence for no verdict: iroh uses none.',
    {
      relayUrl: RELAY,
      proxy: ref('hostPort', 'The proxy, without credentials.'),
      ms: ms('Round trip in milliseconds.'),
    },
  ),
} as const satisfies Properties;
