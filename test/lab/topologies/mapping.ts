import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAY_NAMES, RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import {
  firewall,
  HOME_CLIENT,
  home,
  MASQUERADE,
  nat,
  ONE_WITNESS,
  STUN_ADDRESSES,
  STUN_SERVERS,
} from './base.js';

const RUNNING = RELAYS.map((each) => relay(each));

/** A home whose NAT has these rules for UDP before its masquerade. */
function mapped(...rules: readonly string[]): Case['topology'] {
  return home(`${nat([...rules, MASQUERADE].join('\n    '))}\n${firewall()}`);
}

const HOME = mapped();
const SYMMETRIC = home(`${nat(`${MASQUERADE} fully-random`)}\n${firewall()}`);

/** A NAT that keeps the port towards these ports and takes a random one towards all others. */
function keepsPortsTo(ports: string): Case['topology'] {
  return mapped(`oifname "wan0" udp dport != ${ports} masquerade fully-random`);
}

/** A third relay that was taken down: its address is routed, and nobody is there. */
const GONE = { url: 'https://relay-gone.test/', ipv4: '203.0.113.126' };
const THREE = [...RELAYS.map(({ url }) => ({ url })), { url: GONE.url }];
const THREE_NAMES = [...RELAY_NAMES, `${GONE.ipv4} relay-gone.test`];
const TO_GONE = [/^(tcp|udp) 203\.0\.113\.126:(80|443|7842)$/];

/** Nobody answers for that address, not even with an error. */
function withGone(topology: Case['topology']): Case['topology'] {
  const nft = `table inet gone {
  chain pre {
    type filter hook prerouting priority raw; policy accept;
    ip daddr ${GONE.ipv4} drop
  }
}`;
  const inet = { ...topology.hosts.inet, nft };
  return { ...topology, names: THREE_NAMES, hosts: { ...topology.hosts, inet } };
}

/** The mapping is not measured with one witness. */
const DEPENDENT = { udp: 'yes', mapping: 'endpoint-dependent' } as const;
const INDEPENDENT = { udp: 'yes', mapping: 'endpoint-independent' } as const;

/** NATs whose kind shows only to who asks in the right places, and witnesses that fail. */
export const MAPPINGS: readonly Case[] = [
  {
    name: 'ports kept towards 7842 only',
    about:
      'A NAT that keeps the port towards relays and takes a random one elsewhere; STUN servers see that.',
    topology: keepsPortsTo('7842'),
    services: [...RUNNING, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    official: { mapping_varies_by_dest_ipv4: 'it asks no STUN server, and the relays see no difference' },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: DEPENDENT },
  },
  {
    name: 'ports kept towards 7842 and 3478 only',
    about: 'The same with STUN servers on a well-known port and on another one.',
    topology: keepsPortsTo('{ 7842, 3478 }'),
    services: [...RUNNING, coturn(['203.0.113.10']), coturn(['203.0.113.11'], 5555)],
    report: { stun: ['203.0.113.10:3478', '203.0.113.11:5555'] },
    official: { mapping_varies_by_dest_ipv4: 'it asks no STUN server, and the relays see no difference' },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: DEPENDENT },
  },
  {
    name: 'random ports towards 7842 only',
    about: 'A NAT that takes a random port towards relays while STUN servers all see the same one.',
    topology: mapped('oifname "wan0" udp dport 7842 masquerade fully-random'),
    services: [...RUNNING, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    oneSideCannotKnow: {
      reason: 'the port that a peer meets is another one than the relays saw, and may let it in all the same',
      says: /often relayed/,
      isByChance: true,
    },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: { udp: 'yes' } },
  },
  {
    name: 'symmetric NAT and a dead relay',
    about: 'Two relays tell the type; the third is down, which costs nobody that knowledge.',
    topology: withGone(SYMMETRIC),
    report: { relays: THREE },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: DEPENDENT },
    mayContact: TO_GONE,
  },
  {
    name: 'home router and a dead relay',
    about: 'An ordinary home, two relays that answer and one that is down.',
    topology: withGone(HOME),
    report: { relays: THREE },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: INDEPENDENT },
    mayContact: TO_GONE,
  },
  {
    name: 'symmetric NAT and a dead address',
    about: "One relay's name has a second address where nobody is any more.",
    topology: { ...withGone(SYMMETRIC), names: [...RELAY_NAMES, `${GONE.ipv4} ${RELAY_B.name}`] },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: DEPENDENT },
    mayContact: TO_GONE,
  },
  {
    name: 'home router and a dead address',
    about: 'The same in an ordinary home.',
    topology: { ...withGone(HOME), names: [...RELAY_NAMES, `${GONE.ipv4} ${RELAY_B.name}`] },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: INDEPENDENT },
    mayContact: TO_GONE,
  },
  {
    name: 'ports drawn from a block',
    about: "A carrier's deterministic NAT: a block of ports for each subscriber, one port for each socket.",
    topology: mapped('oifname "wan0" meta l4proto udp masquerade to :61440-61503'),
    services: [...RUNNING, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { ...INDEPENDENT, publicAddress: /^203\.0\.113\.66:61[45]\d\d$/ },
    },
  },
  {
    name: 'a random port from a block for each destination',
    about: 'The same carrier with a port of the block for each destination.',
    topology: mapped('oifname "wan0" meta l4proto udp masquerade to :61440-61951 fully-random'),
    services: [...RUNNING, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: DEPENDENT },
  },
  {
    name: 'an address of the pool for each kind of traffic',
    about: 'A company that sends relays out by one public address and everything else by another.',
    topology: home(
      `${nat(`oifname "wan0" udp dport 7842 snat to 203.0.113.66
    oifname "wan0" snat to 203.0.113.70`)}\n${firewall()}`,
      HOME_CLIENT,
      {
        addresses: { wan0: ['203.0.113.66/26', '203.0.113.70/26'], lan0: ['192.168.1.1/24'] },
        routes: ['default via 203.0.113.65'],
      },
    ),
    services: [...RUNNING, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    // Peers are told the address that relays see, and would be written to from the other one.
    official: { mapping_varies_by_dest_ipv4: 'it asks no STUN server, and the relays see no difference' },
    truth: { colour: 'orange', ipv4: { udp: 'yes' } },
  },
  {
    name: 'two relays of which one is dead',
    about: 'An ordinary home with two relays configured; the machine of one is down.',
    topology: withGone(HOME),
    services: [relay(RELAY_A)],
    report: { relays: [{ url: RELAY_A.url }, { url: GONE.url }] },
    oneSideCannotKnow: ONE_WITNESS,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    mayContact: TO_GONE,
  },
  {
    name: 'two relays of which one has no address',
    about: 'An ordinary home with two relays configured; the name of one does not exist.',
    topology: HOME,
    services: [relay(RELAY_A)],
    report: { relays: [{ url: RELAY_A.url }, { url: GONE.url }] },
    oneSideCannotKnow: ONE_WITNESS,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
  },
];
