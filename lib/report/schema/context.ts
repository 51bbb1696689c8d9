import { boolean, family, list, object, oneOf, orNull, type Properties, port, ref } from './json-schema.js';

/** What was asked for, and by whom. */
export const CONTEXT: Properties = {
  settings: object('What was asked for.', {
    relays: list(ref('relayTarget'), 'The relays that were asked.'),
    relaysFrom: oneOf(
      ['settings', 'home-relay', 'none'],
      "Where they come from. `home-relay`: none were listed, so only the endpoint's home relay was asked.",
    ),
    stunServers: list(ref('hostPort'), 'The STUN servers that were asked.'),
    probes: list(ref('word'), 'Names of the probes that were allowed to run.'),
  }),
  relayTarget: object('A relay to ask.', {
    url: ref('url', 'Its URL, normalised.'),
    quicPort: orNull(
      port('A UDP port.'),
      'UDP port of its QUIC address discovery; `null`: it has none, so it is not asked over UDP.',
    ),
    isQuicPortKnown: boolean(
      "Whether that was said, or told by an answer before. `false`: it is iroh's default, which relays ship without.",
    ),
  }),
  endpoint: object('What the iroh endpoint knows about itself, copied at the start of the run.', {
    endpointId: ref('endpointId', 'Its public key.'),
    directAddrs: list(
      ref('directAddr'),
      'Addresses that it believes peers can dial. None of them proves that UDP works.',
    ),
    homeRelay: orNull(ref('url'), 'The relay under which peers find it; `null`: it has none now.'),
    paths: list(ref('path'), 'Paths of the connections that were open.'),
  }),
  directAddr: object('An IP address with a port.', {
    family: family(),
    ip: ref('ip', 'The address.'),
    port: port('The UDP port.'),
  }),
};
