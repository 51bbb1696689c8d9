import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import { coturn, natPmp, relay } from '../harness/services.js';
import {
  behindCarrier,
  FIREWALLED,
  firewall,
  HOME_CLIENT,
  home,
  MASQUERADE,
  nat,
  onTheInternet,
  STUN_ADDRESSES,
  STUN_SERVERS,
  TO_CLIENT,
} from './base.js';

/** Relays tell the mapping; what a NAT lets in only STUN servers can tell. */
const WITH_STUN = {
  services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES)],
  report: { stun: STUN_SERVERS },
};

/** Lets in whoever the same port of the client has written to, from any port of theirs. */
const ADDRESS_RESTRICTED = `table inet fw {
  set talked {
    type ipv4_addr . inet_service
    flags dynamic
    timeout 60s
  }
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "lan0" meta l4proto udp add @talked { ip daddr . udp sport }
    iifname "lan0" accept
    ct state established,related accept
    iifname "wan0" ip saddr . udp dport @talked accept
  }
}`;

/** NATs of one kind each. */
export const NATS: readonly Case[] = [
  {
    name: 'public address',
    about: 'A server with a public IPv4 address and no firewall.',
    topology: onTheInternet(),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'No NAT',
      ipv4: {
        udp: 'yes',
        mapping: 'none',
        filtering: 'endpoint-independent',
        publicAddress: /^203\.0\.113\.66:/,
      },
      ipv6: { routed: 'no' },
      captivePortal: 'no',
    },
  },
  {
    name: 'public address behind a stateful firewall',
    about: 'A routed public address; the firewall lets in only what was asked for.',
    topology: FIREWALLED,
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'No NAT',
      ipv4: {
        mapping: 'none',
        filtering: 'address-and-port-dependent',
        publicAddress: /^203\.0\.113\.130:/,
      },
    },
  },
  {
    name: 'home router',
    about: 'A router that gives a socket the same outer port for every destination.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: {
        udp: 'yes',
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        publicAddress: /^203\.0\.113\.66:/,
      },
      captivePortal: 'no',
      upstreamNat: 'unknown',
      portMapping: { upnp: 'unknown' },
    },
  },
  {
    name: 'home router, ports not preserved',
    about: 'A router that changes the port, once for all destinations.',
    topology: home(
      `${nat(`oifname "wan0" meta l4proto udp masquerade to :20000-29999
    ${MASQUERADE}`)}\n${firewall()}`,
    ),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: {
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        publicAddress: /^203\.0\.113\.66:2\d{4}$/,
      },
    },
  },
  {
    name: 'symmetric NAT',
    about: 'A NAT that takes a random outer port for each destination.',
    topology: home(`${nat(`${MASQUERADE} random`)}\n${firewall()}`),
    ...WITH_STUN,
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { udp: 'yes', mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' },
    },
  },
  {
    name: 'symmetric NAT, fully random',
    about: 'The same, with ports that do not depend on the inner one.',
    topology: home(`${nat(`${MASQUERADE} fully-random`)}\n${firewall()}`),
    ...WITH_STUN,
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent', filtering: 'address-and-port-dependent' },
    },
  },
  {
    name: 'symmetric by address only',
    about: 'A NAT whose outer port depends on the address it writes to, not on the port.',
    topology: home(
      `${nat(`oifname "wan0" meta l4proto udp ip daddr ${RELAYS[0].ipv4} masquerade to :30000-30999
    oifname "wan0" meta l4proto udp ip daddr ${RELAYS[1].ipv4} masquerade to :40000-40999
    oifname "wan0" meta l4proto udp masquerade to :50000-50999
    ${MASQUERADE}`)}\n${firewall()}`,
    ),
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: { mapping: 'endpoint-dependent' } },
  },
  {
    name: 'another outer address for each destination',
    about: 'A NAT with a pool of addresses that picks one by destination.',
    topology: home(
      `${nat(`oifname "wan0" ip daddr ${RELAYS[0].ipv4} snat to 203.0.113.66
    oifname "wan0" snat to 203.0.113.70`)}\n${firewall()}`,
      HOME_CLIENT,
      {
        addresses: { wan0: ['203.0.113.66/26', '203.0.113.70/26'], lan0: ['192.168.1.1/24'] },
        routes: ['default via 203.0.113.65'],
      },
    ),
    oneSideCannotKnow: {
      reason: 'a peer may be written to from the address that the relays told it, or from another one',
      says: /often relayed/,
      isByChance: true,
    },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: { mapping: 'endpoint-dependent' } },
  },
  {
    name: 'full cone NAT',
    about: 'A NAT that lets anybody in through a mapping that exists.',
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${firewall()}`),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', filtering: 'endpoint-independent' },
    },
  },
  {
    name: 'address-restricted cone NAT',
    about: 'A NAT that lets in those addresses the client has written to, from any port of theirs.',
    topology: home(`${nat(MASQUERADE, TO_CLIENT)}\n${ADDRESS_RESTRICTED}`),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent', filtering: 'address-dependent' },
    },
  },
  {
    name: '1:1 NAT',
    about: 'A cloud machine: a private address that the cloud swaps for a public one of its own.',
    topology: home(
      `${nat('oifname "wan0" ip saddr 192.168.1.100 snat to 203.0.113.70', 'ip daddr 203.0.113.70 dnat to 192.168.1.100')}`,
      HOME_CLIENT,
      {
        addresses: { wan0: ['203.0.113.66/26', '203.0.113.70/26'], lan0: ['192.168.1.1/24'] },
        routes: ['default via 203.0.113.65'],
      },
    ),
    ...WITH_STUN,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: {
        mapping: 'endpoint-independent',
        filtering: 'endpoint-independent',
        publicAddress: /^203\.0\.113\.70:/,
      },
    },
  },
  {
    name: "carrier's NAT",
    about: 'A home router behind the NAT of its provider; the router names the address it has there.',
    topology: behindCarrier(MASQUERADE),
    services: [...WITH_STUN.services, natPmp('rtr', '192.168.1.1', '100.64.0.11')],
    report: WITH_STUN.report,
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: {
        mapping: 'endpoint-independent',
        filtering: 'address-and-port-dependent',
        publicAddress: /^203\.0\.113\.66:/,
      },
      upstreamNat: 'certain',
      portMapping: { natPmp: 'yes' },
    },
  },
  {
    name: "carrier's symmetric NAT",
    about: 'The same with a carrier that takes a random port for each destination. The gateway says nothing.',
    topology: behindCarrier(`${MASQUERADE} fully-random`),
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
      upstreamNat: 'unknown',
    },
  },
];
