import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { closedInput, firewall, home, INET, MASQUERADE, nat, STUN_ADDRESSES, STUN_SERVERS } from './base.js';

const NAT = nat(MASQUERADE);
const WITH_STUN = {
  services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES)],
  report: { stun: STUN_SERVERS },
} as const;

/** A home whose firewall begins like this. */
const guarded = (first: string): Topology => home(`${NAT}\n${firewall(first)}`);

/** iroh marks what it sends (RFC 3168); a program in Node cannot. */
const MARKED = 'ip ecn != not-ect meta l4proto udp drop';

/** A home router that takes whoever writes first for an attacker, and speaks with him no more for a minute. */
const DEFENDED = `${NAT}
${firewall()}
table inet defence {
  set attackers {
    type ipv4_addr
    flags dynamic
    timeout 60s
  }
  chain pre {
    type filter hook prerouting priority mangle; policy accept;
    iifname "wan0" ip saddr @attackers drop
    iifname "wan0" meta l4proto udp ct state new add @attackers { ip saddr }
    iifname "wan0" meta l4proto udp ct state new drop
  }
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    oifname "wan0" ip daddr @attackers drop
  }
}`;

/** Two UDP sessions at a time. They end soon, so that a report's are not the pair's. */
const TWO_SESSIONS = `${NAT}
${firewall()}
table inet sessions {
  set taken { type ipv4_addr; size 1024; flags dynamic; }
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    iifname "lan0" meta l4proto udp ct state new add @taken { ip saddr ct count over 2 } drop
  }
}`;

/** A router that sends relays out by one provider and everybody else by another. */
function relaysByAnotherUplink(): Topology {
  const base = home('');
  return {
    ...base,
    links: [...base.links, ['inet/c1', 'rtr/wan1']],
    hosts: {
      ...base.hosts,
      inet: { ...INET, addresses: { ...INET.addresses, c1: ['203.0.113.129/28'] } },
      rtr: {
        addresses: { wan0: ['203.0.113.66/26'], wan1: ['203.0.113.130/28'], lan0: ['192.168.1.1/24'] },
        routes: [
          'default via 203.0.113.65',
          ...[RELAY_A, RELAY_B].map(({ ipv4 }) => `${ipv4}/32 via 203.0.113.129`),
        ],
        forwards: true,
        nft: `${nat('oifname { "wan0", "wan1" } masquerade')}\n${closedInput()}`,
      },
    },
  };
}

/** What relays see from behind such a box: an ordinary home. */
const LOOKS_OPEN = {
  colour: 'green',
  natType: 'Endpoint-Independent',
  ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
} as const;

/** The words that every report without a peer has. */
const NOT_TRIED = /Not tried with iroh's own datagrams, with a peer, or for long/;

/** Boxes that treat peers, or iroh, in another way than the relays that were asked. */
export const BOXES: readonly Case[] = [
  {
    name: 'datagrams with ECN marks dropped on the way out',
    about: 'An old box that drops what is marked for congestion control, as what iroh sends is.',
    topology: guarded(`iifname "lan0" ${MARKED}`),
    truth: LOOKS_OPEN,
    official: {
      udp_v4: 'its own datagrams are marked, and dropped',
      mapping_varies_by_dest_ipv4: 'as before',
      global_v4: 'as before',
    },
    oneSideCannotKnow: { reason: 'Node lets nobody mark datagrams as iroh does', says: NOT_TRIED },
  },
  {
    name: 'datagrams with ECN marks dropped',
    about: 'The same in both directions: what relays send is marked as well.',
    topology: guarded(MARKED),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
  },
  {
    name: 'a host of containers that drops nothing',
    about: 'A machine as it is rented, with containers behind its bridge: it has no rules for what comes in.',
    topology: home(NAT),
    truth: LOOKS_OPEN,
    oneSideCannotKnow: {
      reason: 'a peer that writes first takes the outer port, and its answer comes from another one',
      says: NOT_TRIED,
      isByChance: true,
    },
  },
  {
    name: 'a host of containers that drops nothing, STUN asked',
    about: 'The same with STUN servers.',
    topology: home(NAT),
    ...WITH_STUN,
    truth: { ...LOOKS_OPEN, ipv4: { udp: 'yes', filtering: 'address-and-port-dependent' } },
    oneSideCannotKnow: {
      reason: 'a peer that writes first takes the outer port, and its answer comes from another one',
      says: NOT_TRIED,
      isByChance: true,
    },
  },
  {
    name: 'a router that shuts out who writes first',
    about: 'A home router with protection against attacks, which a peer that opens a path looks like.',
    topology: home(DEFENDED),
    truth: LOOKS_OPEN,
    oneSideCannotKnow: {
      reason: 'who writes first is decided by chance, and nobody wrote first to the report',
      says: NOT_TRIED,
      isByChance: true,
    },
  },
  {
    name: 'two UDP sessions',
    about: 'A carrier that gives a machine two UDP sessions at a time: those of two relays.',
    topology: home(TWO_SESSIONS, undefined, {
      commands: [
        'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=3 net.netfilter.nf_conntrack_udp_timeout_stream=3',
      ],
    }),
    truth: LOOKS_OPEN,
    // It asks over two flows, or over more, as its time goes.
    official: null,
    oneSideCannotKnow: {
      reason: 'what a third session would do was not asked',
      says: NOT_TRIED,
      isByChance: true,
    },
    peerCannotKnow:
      'a direct path comes up once a session of the relays has ended, after four seconds, or never: each pair has another fate',
  },
  {
    name: 'thirty datagrams a flow',
    about: 'A limiter that ends a flow after a second or two.',
    topology: home(
      `${NAT}\n${firewall('iifname "lan0" meta l4proto udp ct original packets > 30 drop')}`,
      undefined,
      { commands: ['sysctl -qw net.netfilter.nf_conntrack_acct=1'] },
    ),
    truth: LOOKS_OPEN,
    oneSideCannotKnow: {
      reason: 'a report looks at a flow for a quarter of a second',
      says: NOT_TRIED,
      isByChance: true,
    },
  },
  {
    name: 'relays by another uplink of the router',
    about: 'A router with two providers: one for the relays, one for everybody else.',
    topology: relaysByAnotherUplink(),
    truth: LOOKS_OPEN,
    oneSideCannotKnow: { reason: 'nobody but the relays was asked', says: NOT_TRIED },
  },
  {
    name: 'relays by another uplink of the router, STUN asked',
    about: 'The same with STUN servers, which see the other uplink.',
    topology: relaysByAnotherUplink(),
    ...WITH_STUN,
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    official: { mapping_varies_by_dest_ipv4: 'it asks no STUN server, and the relays see no difference' },
  },
  {
    name: 'every datagram twice',
    about: 'A link that delivers what comes in twice.',
    topology: home(`${NAT}
${firewall()}
table ip twice {
  chain forward {
    type filter hook forward priority filter + 1; policy accept;
    iifname "wan0" meta l4proto udp dup to 192.168.1.100 device "lan0"
  }
}`),
    truth: LOOKS_OPEN,
  },
  {
    name: 'a mapping that lives for a second',
    about: 'A router that forgets a silent flow after a second and then takes another outer port.',
    topology: home(
      `${nat(`oifname "wan0" meta l4proto udp masquerade to :20000-29999
    ${MASQUERADE}`)}\n${firewall()}`,
      undefined,
      {
        commands: [
          'sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1 net.netfilter.nf_conntrack_udp_timeout_stream=1',
        ],
      },
    ),
    truth: LOOKS_OPEN,
  },
];
