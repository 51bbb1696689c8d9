import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { firewall, home, INET, MASQUERADE, nat, STUN_ADDRESSES, STUN_SERVERS } from './base.js';

const NAT = nat(MASQUERADE);
const WITH_STUN = {
  services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES)],
  report: { stun: STUN_SERVERS },
} as const;

/** The first bit of a QUIC packet: set in the long headers of handshakes, clear in those of 1-RTT (RFC 9000, section 17). */
const LONG_HEADERS = 'meta l4proto udp @th,64,2 3 drop';
/** The second bit is no help: endpoints may grease it (RFC 9287). So STUN, which has it clear too, goes by its ports. */
const STUN_PORTS = '{ 3478, 3479 }';
const SHORT_HEADERS = `udp dport != ${STUN_PORTS} udp sport != ${STUN_PORTS} @th,64,1 0 drop`;

/** Lets the first datagrams of each flow out, and none of the rest. */
const only = (datagrams: number) => `iifname "lan0" meta l4proto udp ct original packets > ${datagrams} drop`;
/** Counts a flow's packets. */
const COUNTS = 'sysctl -qw net.netfilter.nf_conntrack_acct=1';

/** A carrier's NAT that gives a machine so few UDP sessions at a time; they end soon, so that a report's are not the pair's. */
const sessions = (count: number) => `table inet sessions {
  set taken { type ipv4_addr; size 1024; flags dynamic; }
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    iifname "lan0" meta l4proto udp ct state new add @taken { ip saddr ct count over ${count} } drop
  }
}`;
const SHORT_SESSIONS = [
  'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3 net.netfilter.nf_conntrack_udp_timeout_stream=3',
];

const NO_ICMP = `table inet silence {
  chain output {
    type filter hook output priority filter; policy accept;
    icmp type destination-unreachable drop
  }
}`;

/** A home whose uplink carries packets of so many bytes in either direction. TCP is told so; datagrams are only by ICMP. */
function narrow(mtu: number, saysSo: boolean): Topology {
  const clamp = `tcp flags syn tcp option maxseg size set ${mtu - 40}`;
  const silence = saysSo ? '' : NO_ICMP;
  const base = home(`${NAT}\n${firewall(clamp)}\n${silence}`, undefined, {
    commands: [`ip link set wan0 mtu ${mtu}`],
  });
  const inet = { ...INET, nft: silence, commands: [`ip link set c0 mtu ${mtu}`] };
  return { ...base, hosts: { ...base.hosts, inet } };
}

/** Reasons why the official net report differs. */
const FIRST_ANSWER = {
  udp_v4: 'a first answer is enough for it; that no connection comes of it is not its question',
};
const ALONG =
  'it takes an address that comes along with the handshake, before that is known to come to its end';
const UNFINISHED = { ...FIRST_ANSWER, mapping_varies_by_dest_ipv4: ALONG, global_v4: ALONG };
const NO_STUN = {
  mapping_varies_by_dest_ipv4: 'it asks no STUN servers',
  global_v4: 'it asks no STUN servers',
};

const GREEN = { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } } as const;

/** Networks that know QUIC from other UDP, or carry less of it than a connection needs. */
export const QUIC: readonly Case[] = [
  {
    name: 'QUIC handshakes dropped',
    about: 'A firewall that drops what looks like the beginning of a QUIC connection.',
    topology: home(`${NAT}\n${firewall(LONG_HEADERS)}`),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
  },
  {
    name: 'QUIC handshakes dropped, STUN answered',
    about: 'The same with STUN servers, which answer: their datagrams are no QUIC.',
    topology: home(`${NAT}\n${firewall(LONG_HEADERS)}`),
    ...WITH_STUN,
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: NO_STUN,
  },
  {
    name: 'QUIC dropped after its handshake',
    about: 'A firewall that lets handshakes pass and drops what follows them.',
    topology: home(`${NAT}\n${firewall(SHORT_HEADERS)}`),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
    official: UNFINISHED,
  },
  {
    name: 'QUIC dropped after its handshake, STUN answered',
    about: 'The same with STUN servers, which answer.',
    topology: home(`${NAT}\n${firewall(SHORT_HEADERS)}`),
    ...WITH_STUN,
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: FIRST_ANSWER,
  },
  {
    name: 'packets of 1,000 bytes',
    about: 'An uplink too narrow for QUIC, which needs datagrams of 1,200 bytes; nothing says so.',
    topology: narrow(1000, false),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
  },
  {
    name: 'packets of 1,000 bytes, told by ICMP',
    about: 'The same where routers say what is too big.',
    topology: narrow(1000, true),
    truth: { colour: 'red', ipv4: { udp: 'no' } },
  },
  {
    name: 'packets of 1,000 bytes, STUN answered',
    about: 'An uplink that carries the small datagrams of STUN and not those of QUIC.',
    topology: narrow(1000, false),
    ...WITH_STUN,
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: NO_STUN,
  },
  {
    name: 'packets of 1,228 bytes',
    about: 'An uplink that carries datagrams of 1,200 bytes and none that is longer; nothing says so.',
    topology: narrow(1228, false),
    truth: GREEN,
  },
  {
    name: 'packets of 1,228 bytes, told by ICMP',
    about: 'The same where routers say what is too big.',
    topology: narrow(1228, true),
    truth: GREEN,
  },
  {
    name: 'one datagram a flow',
    about: 'A limiter that lets one datagram of each flow out: what a single question and its answer need.',
    topology: home(`${NAT}\n${firewall(only(1))}`, undefined, { commands: [COUNTS] }),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
    official: UNFINISHED,
  },
  {
    name: 'one datagram a flow, STUN answered',
    about: 'The same with STUN servers, which one datagram is enough for.',
    topology: home(`${NAT}\n${firewall(only(1))}`, undefined, { commands: [COUNTS] }),
    ...WITH_STUN,
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: FIRST_ANSWER,
  },
  {
    name: 'eight datagrams a flow',
    about: 'A limiter that lets handshakes pass and address discovery work, and no connection last.',
    topology: home(`${NAT}\n${firewall(only(8))}`, undefined, { commands: [COUNTS] }),
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: FIRST_ANSWER,
  },
  {
    name: 'eight datagrams a flow, STUN answered',
    about: 'The same with STUN servers, which answer.',
    topology: home(`${NAT}\n${firewall(only(8))}`, undefined, { commands: [COUNTS] }),
    ...WITH_STUN,
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    official: FIRST_ANSWER,
  },
  {
    name: 'four UDP sessions',
    about: 'A carrier that gives a machine four UDP sessions at a time: two relays and two peers.',
    topology: home(`${NAT}\n${firewall()}\n${sessions(4)}`, undefined, { commands: SHORT_SESSIONS }),
    truth: GREEN,
  },
  {
    name: 'four UDP sessions, STUN asked',
    about: 'The same with STUN servers, whose sessions must not be those that address discovery needs.',
    topology: home(`${NAT}\n${firewall()}\n${sessions(4)}`, undefined, { commands: SHORT_SESSIONS }),
    ...WITH_STUN,
    truth: GREEN,
  },
];
