import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import {
  DUAL_CLIENT,
  firewall,
  home,
  MASQUERADE,
  nat,
  ONE_WITNESS,
  onTheInternet,
  STUN_ADDRESSES,
  STUN_SERVERS,
} from './base.js';

const HOME = home(`${nat(MASQUERADE)}\n${firewall()}`);
const NO_UDP = home(`${nat(MASQUERADE)}\n${firewall('meta l4proto udp drop')}`);

/** As a self-hosted relay ships. Nothing listens on UDP 7842, and its host drops what comes there. */
const OFF = [relay(RELAY_A, { quic: null }), relay(RELAY_B, { quic: null })];

/** Nobody says whether they discover addresses. */
const UNSAID = { relays: [RELAY_A, RELAY_B].map(({ url }) => ({ url })) };

/** Whoever runs the relays says that they have it, which may be an error. */
const SAID = [RELAY_A, RELAY_B].map(({ url }) => ({ url, quicPort: 7842 }));

/** Hosts of the relays that drop instead of refusing what nobody listens for, as most hosts with a firewall do. */
function silent(topology: Case['topology']): Case['topology'] {
  const nft = `table inet fw {
  chain input {
    type filter hook input priority filter; policy accept;
    udp dport 7842 drop
  }
}`;
  const { ra, rb } = topology.hosts;
  return { ...topology, hosts: { ...topology.hosts, ra: { ...ra, nft }, rb: { ...rb, nft } } };
}

/** Such a machine tells its peers an address of its own; whether they get through depends on UDP, which nobody tried. */
const KNOWS_ITSELF = {
  reason: 'nobody told whether UDP passes, and iroh needs nobody to tell it this address',
  says: /is public: iroh knows that one without being told.*Whether UDP works is unknown/,
};

/** Relays whose address discovery is off, in networks that are open, and in such that are not. */
export const DISCOVERY: readonly Case[] = [
  {
    name: 'self-hosted relays as they ship',
    about: 'Address discovery is off and nobody said so. The home behind them is an ordinary one.',
    topology: silent(HOME),
    services: OFF,
    report: UNSAID,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown', mapping: 'unknown' } },
    outcomes: { 'qad IPv4': 'timeout' },
  },
  {
    name: 'self-hosted relays that refuse address discovery',
    about: 'The same, with hosts that answer port 7842 with an ICMP error: the datagrams did arrive there.',
    topology: HOME,
    services: OFF,
    report: UNSAID,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown', mapping: 'unknown' } },
  },
  {
    name: 'self-hosted relays beside STUN servers',
    about: 'The relays say nothing over UDP, the STUN servers do.',
    topology: silent(HOME),
    services: [...OFF, coturn(STUN_ADDRESSES)],
    report: { ...UNSAID, stun: STUN_SERVERS },
    official: {
      mapping_varies_by_dest_ipv4: 'it asks no STUN server',
      global_v4: 'it asks no STUN server',
    },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent' } },
    outcomes: { 'qad IPv4': 'timeout', 'stun IPv4 mapping': 'ok' },
  },
  {
    name: 'self-hosted relays, STUN filtered',
    about: 'Neither relays nor STUN servers answer over UDP; peers on other ports would.',
    topology: silent(home(`${nat(MASQUERADE)}\n${firewall('udp dport { 3478, 3479 } drop')}`)),
    services: [...OFF, coturn(STUN_ADDRESSES)],
    report: { ...UNSAID, stun: STUN_SERVERS },
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no', mapping: 'unknown' } },
    outcomes: { 'qad IPv4': 'timeout', 'stun IPv4 mapping': 'timeout' },
  },
  {
    name: 'one relay as it ships beside one with address discovery',
    about: 'One of two relays is silent over UDP, the other is not.',
    topology: silent(HOME),
    services: [relay(RELAY_A, { quic: 8443 }), relay(RELAY_B, { quic: null })],
    report: { relays: [{ url: RELAY_A.url, quicPort: 8443 }, { url: RELAY_B.url }] },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    mayContact: [/^udp 198\.51\.100\.10:8443$/],
    oneSideCannotKnow: ONE_WITNESS,
  },
  {
    name: 'self-hosted relays, UDP blocked',
    about: 'Address discovery is off and UDP is blocked: with such relays nobody can tell.',
    topology: silent(NO_UDP),
    services: OFF,
    report: UNSAID,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' } },
    outcomes: { 'qad IPv4': 'timeout' },
  },
  {
    name: 'relays that are said to discover addresses, UDP blocked',
    about: 'Whoever runs them says so, and they do: their silence means the network.',
    topology: NO_UDP,
    report: { relays: SAID },
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
    outcomes: { 'qad IPv4': 'timeout' },
  },
  {
    name: 'relays with address discovery on another port',
    about:
      'It is said to be on 7842 and is on 7843, beside STUN servers that answer: no network blocks UDP here.',
    topology: silent(HOME),
    services: [relay(RELAY_A, { quic: 7843 }), relay(RELAY_B, { quic: 7843 }), coturn(STUN_ADDRESSES)],
    report: { relays: SAID, stun: STUN_SERVERS },
    official: {
      mapping_varies_by_dest_ipv4: 'it asks no STUN server',
      global_v4: 'it asks no STUN server',
    },
    truth: { colour: 'red', ipv4: { mapping: 'endpoint-independent' } },
    outcomes: { 'qad IPv4': 'timeout', 'stun IPv4 mapping': 'ok' },
  },
  {
    name: 'self-hosted relays as they ship, IPv6 beside',
    about: 'The same relays in a home that has IPv6 as well, and so an address that needs no telling.',
    topology: silent(home(`${nat(MASQUERADE)}\n${firewall()}`, DUAL_CLIENT)),
    services: OFF,
    report: UNSAID,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' }, ipv6: { udp: 'unknown' } },
    oneSideCannotKnow: KNOWS_ITSELF,
  },
  {
    name: 'self-hosted relays as they ship, public address',
    about: 'The same relays, and a machine with a public IPv4 address.',
    topology: silent(onTheInternet()),
    services: OFF,
    report: UNSAID,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' } },
    oneSideCannotKnow: KNOWS_ITSELF,
  },
];
