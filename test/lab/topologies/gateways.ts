import { expect } from 'vitest';
import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import { gateway, natPmp, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { behindCarrier, firewall, gatewayRules, home, MASQUERADE, nat } from './base.js';

const BOTH = RELAYS.map((each) => relay(each));
const CLOSED = `${nat(MASQUERADE)}\n${firewall()}`;

/** A gateway that maps ports on request although its NAT takes random ones: those of the home only, not its own. */
const SYMMETRIC = gatewayRules().replace(
  `meta nfproto ipv4 ${MASQUERADE}`,
  `ip saddr 192.168.1.0/24 ${MASQUERADE} fully-random`,
);

/** A carrier that hands whatever comes in on to its only customer: the gateway believes what STUN tells it. */
function behindOpenCarrier(): Topology {
  const topology = behindCarrier(MASQUERADE, gatewayRules());
  const toCustomer = 'iifname "wan0" meta l4proto udp dnat to 100.64.0.11';
  const isp = { ...topology.hosts.isp, nft: nat(MASQUERADE, toCustomer) };
  return { ...topology, hosts: { ...topology.hosts, isp } };
}

const NOBODY_ASKED = { pcp: 'skipped', 'nat-pmp': 'skipped', upnp: 'skipped' } as const;
/** Why it cannot be told whether another NAT follows. */
const because =
  (reason: RegExp): NonNullable<Case['also']> =>
  async ({ report }) =>
    expect(report.verdict.upstreamNat.reason).toMatch(reason);

const HOME_TRUTH = {
  colour: 'green',
  natType: 'Endpoint-Independent',
  ipv4: { routed: 'yes', udp: 'yes', mapping: 'endpoint-independent' },
} as const;

/** Gateways as the field has them: whom there is to ask, and what their word is worth. */
export const FIELD_GATEWAYS: readonly Case[] = [
  {
    name: 'symmetric NAT that maps ports over UPnP, PCP and NAT-PMP',
    about: 'A random port for each destination, but the endpoint gets a port of its own by asking for it.',
    topology: home(SYMMETRIC),
    services: [...BOTH, gateway()],
    truth: {
      colour: 'green',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
      portMapping: { upnp: 'yes', pcp: 'yes', natPmp: 'yes' },
    },
    platformCannotKnow:
      'whether peers reach the port that the gateway maps: the report only says that it maps some',
  },
  {
    name: 'symmetric NAT that maps ports over PCP and NAT-PMP alone',
    about: 'The same without UPnP.',
    topology: home(SYMMETRIC),
    services: [...BOTH, gateway({ enable_upnp: 'no' })],
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
      portMapping: { upnp: 'unknown', pcp: 'yes', natPmp: 'yes' },
    },
  },
  {
    name: 'symmetric NAT whose gateway refuses to map ports',
    about: 'It speaks UPnP and tells its address, and refuses each mapping that it is asked for.',
    topology: home(SYMMETRIC),
    services: [...BOTH, gateway({ enable_natpmp: 'no' }, 'refuses')],
    truth: {
      colour: 'green',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
      portMapping: { upnp: 'yes' },
    },
    oneSideCannotKnow: {
      reason: 'a report maps no port, so it does not see that none is granted',
      says: /if it gets one that the Internet reaches, which was not tried/,
    },
  },
  {
    name: 'gateway that names its inner address',
    about:
      'What it calls its address towards the Internet is the one it has at home: a fault, no second NAT.',
    topology: home(CLOSED),
    services: [...BOTH, natPmp('rtr', '192.168.1.1', '192.168.1.1')],
    truth: { ...HOME_TRUTH, upstreamNat: 'unknown', portMapping: { natPmp: 'yes' } },
    also: because(/an address of the local network itself: a fault of the gateway/),
  },
  {
    name: 'gateway that names a link-local address',
    about: 'It got no address from its provider at first, and still names the one it gave itself.',
    topology: home(CLOSED),
    services: [...BOTH, natPmp('rtr', '192.168.1.1', '169.254.17.3')],
    truth: { ...HOME_TRUTH, upstreamNat: 'unknown', portMapping: { natPmp: 'yes' } },
    also: because(/a reserved address: a fault of the gateway/),
  },
  {
    name: "gateway behind a carrier's NAT that asked a STUN server",
    about: "It names the address that the relays see, which is its carrier's: its word is no proof.",
    topology: behindOpenCarrier(),
    services: [...BOTH, gateway()],
    truth: { ...HOME_TRUTH, upstreamNat: 'unknown' },
    also: because(/names 203\.0\.113\.66, the address that others saw/),
  },
  {
    name: 'default route by way of an IPv6 router',
    about: 'IPv4 over an IPv6 next hop (RFC 5549): there is no IPv4 gateway to ask.',
    topology: home(
      CLOSED,
      {
        addresses: { eth0: ['192.168.1.100/24'] },
        commands: ['ip -4 route add default via inet6 fe80::1 dev eth0'],
      },
      {
        addresses: { wan0: ['203.0.113.66/26'], lan0: ['192.168.1.1/24', 'fe80::1/64'] },
        routes: ['default via 203.0.113.65'],
      },
    ),
    truth: { ...HOME_TRUTH, portMapping: { upnp: 'unknown', pcp: 'unknown', natPmp: 'unknown' } },
    outcomes: NOBODY_ASKED,
  },
  {
    name: 'point-to-point uplink',
    about: 'A link with two ends and a default route into it: nobody at its end has to be named.',
    topology: home(
      CLOSED,
      { addresses: { eth0: ['192.168.1.100 peer 192.168.1.1/32'] }, routes: ['default dev eth0'] },
      { commands: ['echo 1 >/proc/sys/net/ipv4/conf/lan0/proxy_arp'] },
    ),
    truth: { ...HOME_TRUTH, portMapping: { upnp: 'unknown', pcp: 'unknown', natPmp: 'unknown' } },
    outcomes: NOBODY_ASKED,
  },
];
