import { expect } from 'vitest';
import type { Case } from '../harness/case.js';
import { RELAY_B, RELAYS } from '../harness/relays.js';
import { relay } from '../harness/services.js';
import type { Host, Topology } from '../harness/topology.js';
import {
  closedInput,
  firewall,
  HOME_CLIENT,
  home,
  INET,
  MASQUERADE,
  nat,
  onTheInternet,
  RELAY_HOSTS,
  RELAY_LINKS,
} from './base.js';

const CLOSED = `${nat(MASQUERADE)}\n${firewall()}`;

/** A home client with a tunnel to a VPN server. `routes`: what goes through the tunnel. */
function withVpn(routes: readonly string[]): Topology {
  const base = home(CLOSED);
  return {
    links: [...base.links, ['cli/vpn0', 'vpn/tun0'], ['vpn/eth0', 'inet/v0']],
    hosts: {
      ...base.hosts,
      inet: { ...INET, addresses: { ...INET.addresses, v0: ['203.0.113.129/28'] } },
      vpn: {
        addresses: { tun0: ['10.8.0.1/24'], eth0: ['203.0.113.130/28'] },
        routes: ['default via 203.0.113.129'],
        forwards: true,
        nft: `${nat('oifname "eth0" masquerade')}\n${closedInput('eth0')}`,
      },
      cli: { addresses: { ...HOME_CLIENT.addresses, vpn0: ['10.8.0.2/24'] }, routes },
    },
  };
}

/** A router with two ways to the Internet that picks one for each destination. */
function twoUplinks(): Topology {
  const router: Host = {
    addresses: { wan0: ['203.0.113.66/26'], wan1: ['203.0.113.130/28'], lan0: ['192.168.1.1/24'] },
    routes: ['default via 203.0.113.65', `${RELAY_B.ipv4}/32 via 203.0.113.129`],
    forwards: true,
    nft: nat('oifname { "wan0", "wan1" } masquerade'),
  };
  return {
    links: [['inet/c0', 'rtr/wan0'], ['inet/c1', 'rtr/wan1'], ['rtr/lan0', 'cli/eth0'], ...RELAY_LINKS],
    hosts: {
      inet: { ...INET, addresses: { ...INET.addresses, c1: ['203.0.113.129/28'] } },
      ...RELAY_HOSTS,
      rtr: router,
      cli: HOME_CLIENT,
    },
  };
}

/** Containers, VPNs and machines with more than one way out. */
export const OVERLAYS: readonly Case[] = [
  {
    name: 'container on a public host',
    about: "A container behind its host's bridge; the host has a public address.",
    topology: home(`${nat(MASQUERADE)}\n${closedInput()}`),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', publicAddress: /^203\.0\.113\.66:/ },
    },
  },
  {
    name: 'container behind a home router',
    about: "A container behind its host's bridge, and the host behind a router.",
    topology: {
      links: [
        ['inet/c0', 'rtr/wan0'],
        ['rtr/lan0', 'host/eth0'],
        ['host/docker0', 'cli/eth0'],
        ...RELAY_LINKS,
      ],
      hosts: {
        inet: INET,
        ...RELAY_HOSTS,
        rtr: {
          addresses: { wan0: ['203.0.113.66/26'], lan0: ['192.168.1.1/24'] },
          routes: ['default via 203.0.113.65'],
          forwards: true,
          nft: CLOSED,
        },
        host: {
          addresses: { eth0: ['192.168.1.100/24'], docker0: ['172.17.0.1/16'] },
          routes: ['default via 192.168.1.1'],
          forwards: true,
          nft: nat('oifname "eth0" masquerade'),
        },
        cli: { addresses: { eth0: ['172.17.0.2/16'] }, routes: ['default via 172.17.0.1'] },
      },
    },
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent' },
      // Nobody who could tell of the second NAT was asked: the gateway of the container is its host.
      upstreamNat: 'unknown',
    },
  },
  {
    name: 'overlay network',
    about: 'A home machine that is also in an overlay with addresses from 100.64.0.0/10.',
    topology: home(CLOSED, {
      ...HOME_CLIENT,
      commands: [
        'ip link add ts0 type veth peer name ts1',
        'ip addr add 100.101.102.103/10 dev ts0',
        'ip link set ts0 up',
        'ip link set ts1 up',
      ],
    }),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent' },
      upstreamNat: 'unknown',
    },
  },
  {
    name: 'a second interface with the multicast route',
    about: 'The search for a gateway leaves by the interface of the default route alone.',
    topology: home(CLOSED, {
      ...HOME_CLIENT,
      commands: [
        'ip link add other0 type veth peer name other1',
        'ip addr add 10.9.0.1/24 dev other0',
        'ip link set other0 up',
        'ip link set other1 up',
        'ip route add 224.0.0.0/4 dev other0',
      ],
      nft: `table inet count {
  counter other { }
  chain out {
    type filter hook output priority 0; policy accept;
    oifname "other0" udp dport 1900 counter name other
  }
}`,
    }),
    truth: { colour: 'green', natType: 'Endpoint-Independent' },
    also: async (_, lab) => {
      expect(await lab.sh('cli', 'nft list counter inet count other')).toContain('packets 0');
    },
  },
  {
    name: 'split-tunnel VPN',
    about: 'Some destinations go through a VPN, others do not.',
    topology: withVpn(['default via 192.168.1.1', `${RELAY_B.ipv4}/32 via 10.8.0.1`]),
    oneSideCannotKnow: {
      reason: 'the way to a peer is the one or the other',
      says: /split routes/,
      isByChance: true,
    },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    official: {
      mapping_varies_by_dest_ipv4:
        'it compares answers that left by different ways: that they differ says nothing about a NAT',
    },
  },
  {
    name: 'full-tunnel VPN',
    about: 'Everything goes through a VPN.',
    topology: withVpn(['default via 10.8.0.1']),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', publicAddress: /^203\.0\.113\.130:/ },
    },
  },
  {
    name: 'two uplinks',
    about: 'A router with two providers that picks one for each destination.',
    topology: twoUplinks(),
    oneSideCannotKnow: {
      reason: 'the way to a peer is the one or the other',
      says: /often relayed/,
      isByChance: true,
    },
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
    },
  },
  {
    name: 'source NAT on the machine itself',
    about: 'A public machine whose own rules let it speak from another of its addresses.',
    topology: onTheInternet({
      addresses: { eth0: ['203.0.113.66/26'], lo: ['203.0.113.70/32'] },
      nft: 'table ip nat {\n  chain post {\n    type nat hook postrouting priority srcnat; policy accept;\n    oifname "eth0" snat to 203.0.113.70\n  }\n}',
    }),
    services: [
      ...RELAYS.map((each) => relay(each)),
      { start: (lab) => lab.sh('inet', 'ip route add 203.0.113.70/32 via 203.0.113.66').then(() => {}) },
    ],
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', publicAddress: /^203\.0\.113\.70:/ },
    },
  },
  {
    name: 'a VPN for the relays alone',
    about: 'A company VPN that has the networks of the relays, and nothing of the rest of the Internet.',
    topology: withVpn(['default via 192.168.1.1', ...RELAYS.map(({ ipv4 }) => `${ipv4}/32 via 10.8.0.1`)]),
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    official: { mapping_varies_by_dest_ipv4: 'it does not look at routes, and the relays see no difference' },
  },
  {
    name: 'a VPN for all but the relays',
    about: 'A VPN with an exception for the networks of the relays.',
    topology: withVpn(['default via 10.8.0.1', ...RELAYS.map(({ ipv4 }) => `${ipv4}/32 via 192.168.1.1`)]),
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'yes', mapping: 'unknown' } },
    official: { mapping_varies_by_dest_ipv4: 'it does not look at routes, and the relays see no difference' },
  },
];
