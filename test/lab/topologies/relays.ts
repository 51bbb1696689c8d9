import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B } from '../harness/relays.js';
import { relay, withoutWebSockets } from '../harness/services.js';
import { DUAL_CLIENT, firewall, HOME_CLIENT, home, MASQUERADE, nat, ONE_WITNESS } from './base.js';

const HOME = home(`${nat(MASQUERADE)}\n${firewall()}`);

const BOTH = [RELAY_A, RELAY_B];

/** One of two relays discovers addresses, and answers fastest by that. */
const FIRST_ALONE = {
  report: {
    relays: [
      { url: RELAY_A.url, quicPort: 7842 },
      { url: RELAY_B.url, quicPort: null },
    ],
  },
};

/** A public address of the home that is in the network of relay A. */
const NEIGHBOUR = '198.51.100.77';

/** Sets of relays that cannot tell everything. */
export const RELAY_SETS: readonly Case[] = [
  {
    name: 'one relay',
    about: 'A home router with one relay to ask: one point of view tells no mapping.',
    topology: HOME,
    services: [relay(RELAY_A)],
    report: { relays: [{ url: RELAY_A.url }] },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      ipv4: { udp: 'yes', mapping: 'unknown', publicAddress: /^203\.0\.113\.66:/ },
      preferredRelay: /relay-a/,
    },
    oneSideCannotKnow: ONE_WITNESS,
  },
  {
    name: 'two relays on one address',
    about: 'Two names for one machine: still one point of view.',
    topology: { ...HOME, names: [`${RELAY_A.ipv4} ${RELAY_A.name}`, `${RELAY_A.ipv4} ${RELAY_B.name}`] },
    services: [relay({ ...RELAY_A, alias: RELAY_B.name })],
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    oneSideCannotKnow: ONE_WITNESS,
    official: {
      mapping_varies_by_dest_ipv4:
        'it compares answers of relays by their names: these come from one address',
    },
    platformCannotKnow: 'two relays and no conclusion: they may contradict each other',
  },
  {
    name: 'relays without address discovery',
    about: 'Relays that say so (quicPort: null): whether UDP works is then unknown.',
    topology: HOME,
    services: [relay(RELAY_A, { quic: null }), relay(RELAY_B, { quic: null })],
    report: { relays: [RELAY_A, RELAY_B].map(({ url }) => ({ url, quicPort: null })) },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      sentence: /none told over QUIC/,
      ipv4: { udp: 'unknown' },
      captivePortal: 'no',
    },
  },
  {
    name: 'one relay without address discovery',
    about: 'Of two relays one discovers addresses.',
    topology: HOME,
    services: [relay(RELAY_A), relay(RELAY_B, { quic: null })],
    report: { relays: [{ url: RELAY_A.url }, { url: RELAY_B.url, quicPort: null }] },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    oneSideCannotKnow: ONE_WITNESS,
  },
  {
    name: 'the fastest relay refuses TCP',
    about: 'Of two relays the one that answers over UDP, and so fastest, cannot be reached over TCP.',
    topology: home(
      `${nat(MASQUERADE)}\n${firewall(`ip daddr ${RELAY_A.ipv4} tcp dport 443 reject with tcp reset`)}`,
    ),
    services: [relay(RELAY_A), relay(RELAY_B, { quic: null })],
    ...FIRST_ALONE,
    truth: { colour: 'red', sentence: /iroh picks the relay that answers fastest/, ipv4: { udp: 'yes' } },
  },
  {
    name: 'the fastest relay takes no WebSocket',
    about: 'The same with a proxy before that relay that knows HTTPS and no WebSockets.',
    topology: HOME,
    services: [relay(RELAY_A), relay(RELAY_B, { quic: null }), withoutWebSockets(RELAY_A)],
    ...FIRST_ALONE,
    truth: { colour: 'red', sentence: /iroh picks the relay that answers fastest/, ipv4: { udp: 'yes' } },
  },
  {
    name: 'relays behind proxies without WebSockets',
    about: 'Both relays answer over HTTPS and QUIC, and nobody can connect to them.',
    topology: HOME,
    services: [...BOTH.map((each) => relay(each)), ...BOTH.map(withoutWebSockets)],
    truth: { colour: 'red', sentence: /refuse the WebSocket/, natType: 'Endpoint-Independent' },
  },
  {
    name: 'relays of one family each',
    about: 'One relay has an IPv4 address alone, the other an IPv6 address alone; the machine has both.',
    topology: {
      ...home(`${nat(MASQUERADE)}\n${firewall()}`, DUAL_CLIENT),
      names: [`${RELAY_A.ipv4} ${RELAY_A.name}`, `${RELAY_B.ipv6} ${RELAY_B.name}`],
    },
    truth: {
      colour: 'green',
      natType: 'No NAT',
      ipv4: { udp: 'yes', mapping: 'unknown' },
      ipv6: { udp: 'yes', mapping: 'none' },
    },
  },
  {
    name: 'relays with IPv6 alone, a machine with IPv4 alone',
    about: 'The relays have no address that this machine could reach.',
    topology: { ...HOME, names: BOTH.map(({ name, ipv6 }) => `${ipv6} ${name}`) },
    truth: { colour: 'grey', sentence: /no route to the relays' addresses/, ipv6: { routed: 'no' } },
  },
  {
    name: "a relay in the provider's own network beside a silent one",
    about: 'The home and one relay have neighbouring public addresses; the other relay is as relays ship.',
    topology: home(`${nat(`oifname "wan0" snat to ${NEIGHBOUR}`)}\n${firewall()}`, HOME_CLIENT, {
      addresses: { wan0: ['203.0.113.66/26', `${NEIGHBOUR}/32`], lan0: ['192.168.1.1/24'] },
      routes: ['default via 203.0.113.65'],
    }),
    services: [
      relay(RELAY_A),
      relay(RELAY_B, { quic: null }),
      { start: (lab) => lab.sh('inet', `ip route add ${NEIGHBOUR}/32 via 203.0.113.66`) },
    ],
    report: { relays: BOTH.map(({ url }) => ({ url })) },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' } },
    official: {
      udp_v4: 'it does not think of relays inside, where such an answer would prove nothing',
      global_v4: 'as before',
    },
    oneSideCannotKnow: { reason: 'such a relay looks like one inside', says: /it may stand inside/ },
  },
];
