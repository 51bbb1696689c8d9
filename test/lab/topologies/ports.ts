import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { DUAL_CLIENT, firewall, home, MASQUERADE, nat, STUN_ADDRESSES, STUN_SERVERS } from './base.js';

const ON_7842 = RELAYS.map((each) => relay(each));

/** A home whose firewall drops what leaves by UDP and is like this. */
function dropping(match: string): Topology {
  return home(`${nat(MASQUERADE)}\n${firewall(`iifname "lan0" ${match} drop`)}`);
}

/** Relays that discover addresses on this port, and the targets that say so. */
function relaysOn(quic: number) {
  return {
    services: [relay(RELAY_A, { quic }), relay(RELAY_B, { quic })],
    targets: [RELAY_A, RELAY_B].map(({ url }) => ({ url, quicPort: quic })),
    mayContact: [new RegExp(`^udp 198\\.51\\.100\\.[12]0:${quic}$`)],
  };
}

const ONLY_7842 = dropping('udp dport != { 7842, 5351, 1900 }');
const ONLY_WEB = dropping('udp dport != { 53, 443 }');
const ONLY_3478 = dropping('udp dport != 3478');
const ONLY_LOW = dropping('udp dport >= 1024');
const ONLY_HIGH = dropping('udp dport < 1024');
const ONLY_RELAYS = dropping(`meta l4proto udp ip daddr != { ${RELAY_A.ipv4}, ${RELAY_B.ipv4} }`);

const HTTP3 = relaysOn(443);
const AS_STUN = relaysOn(3478);

/** What relays see from behind such a firewall: an ordinary NAT. Peers are on other ports. */
const LOOKS_OPEN = { udp: 'yes', mapping: 'endpoint-independent', filtering: 'unknown' } as const;

/** From inside it looks like a home: only who asks elsewhere can tell. */
const RELAYS_ALONE = {
  reason: 'nobody but the relays was asked, and those are let through',
  says: /no other UDP port was tried/,
};

/** Firewalls whose list of ports has those of calls, which STUN servers are at. */
const CALLS_TOO = {
  reason: 'nobody was asked at a port that such firewalls do not list',
  says: /no other UDP port was tried than those of the relays and of calls \(3478\)/,
};

/** Lets UDP out only to addresses that a TCP connection was made to, as some inspecting firewalls do. */
const AFTER_TCP = home(`${nat(MASQUERADE)}
${firewall()}
table inet first {
  set connected {
    type ipv4_addr
    flags dynamic
    timeout 60s
  }
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    iifname "lan0" meta l4proto tcp add @connected { ip daddr }
    iifname "lan0" meta l4proto udp ip daddr != @connected drop
  }
}`);

/** Browsers are kept from QUIC, and nobody else. */
const NO_HTTP3 = 'iifname "lan0" udp dport 443 drop';

/** Firewalls that let UDP out to some ports or machines: what relays prove there does not hold for peers. */
export const PORTS: readonly Case[] = [
  {
    name: 'only UDP 7842, relays alone',
    about: 'A firewall that was opened for the relays alone, and nobody on another port to ask.',
    topology: ONLY_7842,
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: LOOKS_OPEN },
    oneSideCannotKnow: RELAYS_ALONE,
    outcomes: { 'qad IPv4': 'ok' },
  },
  {
    name: 'only UDP 7842',
    about: 'A firewall that was opened for the relays alone: address discovery works, STUN does not.',
    topology: ONLY_7842,
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'qad IPv4': 'ok', 'stun IPv4 mapping': 'timeout' },
  },
  {
    name: 'only UDP 53 and 443, relays alone',
    about: 'A firewall that lets out DNS and HTTP/3 only; these relays discover addresses on port 443.',
    topology: ONLY_WEB,
    services: HTTP3.services,
    report: { relays: HTTP3.targets },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: LOOKS_OPEN },
    oneSideCannotKnow: RELAYS_ALONE,
    mayContact: HTTP3.mayContact,
  },
  {
    name: 'only UDP 53 and 443',
    about: 'The same with STUN servers, whose port is not among those.',
    topology: ONLY_WEB,
    services: [...HTTP3.services, coturn(STUN_ADDRESSES)],
    report: { relays: HTTP3.targets, stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'timeout' },
    mayContact: HTTP3.mayContact,
  },
  {
    name: 'only UDP 3478, relays on 7842',
    about: 'A firewall that lets out calls (STUN and TURN) only: STUN answers, address discovery is silent.',
    topology: ONLY_3478,
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    official: {
      mapping_varies_by_dest_ipv4: 'it asks no STUN server',
      global_v4: 'it asks no STUN server',
    },
    truth: { colour: 'red', ipv4: { udp: 'no', mapping: 'endpoint-independent' } },
    outcomes: { 'qad IPv4': 'timeout', 'stun IPv4 mapping': 'ok' },
  },
  {
    name: 'only UDP 3478, relays there',
    about: 'The same with relays that discover addresses on that port, beside STUN servers on another one.',
    topology: ONLY_3478,
    services: [...AS_STUN.services, coturn(STUN_ADDRESSES, 3480)],
    report: { relays: AS_STUN.targets, stun: STUN_ADDRESSES.map((address) => `${address}:3480`) },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'qad IPv4': 'ok', 'stun IPv4 mapping': 'timeout' },
    mayContact: AS_STUN.mayContact,
  },
  {
    name: 'only UDP ports below 1024',
    about: 'A firewall that lets out well-known ports; one STUN server is on such a port, one is not.',
    topology: ONLY_LOW,
    services: [...HTTP3.services, coturn(['203.0.113.10'], 500), coturn(['203.0.113.11'])],
    report: { relays: HTTP3.targets, stun: ['203.0.113.10:500', '203.0.113.11:3478'] },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent' } },
    mayContact: HTTP3.mayContact,
  },
  {
    name: 'only UDP ports from 1024 on',
    about: 'A firewall that keeps UDP from well-known ports. Peers are on high ones: nothing is lost.',
    topology: ONLY_HIGH,
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' },
    },
  },
  {
    name: "only UDP to the relays' addresses, relays alone",
    about: 'A firewall with an exception for the relays, whatever the port, and nobody else to ask.',
    topology: ONLY_RELAYS,
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: LOOKS_OPEN },
    oneSideCannotKnow: RELAYS_ALONE,
  },
  {
    name: "only UDP to the relays' addresses",
    about: 'The same with STUN servers, which are no relays: their answers were due.',
    topology: ONLY_RELAYS,
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'timeout' },
  },
  {
    name: 'only UDP 7842 and 3478',
    about: 'A firewall that was opened for relays and for calls, where STUN servers are: both answer.',
    topology: dropping('udp dport != { 7842, 3478, 3479 }'),
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    oneSideCannotKnow: CALLS_TOO,
    outcomes: { 'stun IPv4 mapping': 'ok' },
  },
  {
    name: 'only UDP ports that firewalls list',
    about:
      'DNS, time, HTTP/3, calls and the relays; of two STUN servers one is at a port that is not listed.',
    topology: dropping('udp dport != { 53, 123, 443, 3478, 7842 }'),
    services: [...ON_7842, coturn(['203.0.113.10']), coturn(['203.0.113.11'], 5555)],
    report: { stun: ['203.0.113.10:3478', '203.0.113.11:5555'] },
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    oneSideCannotKnow: CALLS_TOO,
  },
  {
    name: 'UDP after TCP to the same machine, relays alone',
    about: 'A firewall that lets UDP out only to machines that a TCP connection was made to.',
    topology: AFTER_TCP,
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: LOOKS_OPEN },
    oneSideCannotKnow: RELAYS_ALONE,
  },
  {
    name: 'UDP after TCP to the same machine',
    about: 'The same with STUN servers, which nobody speaks TCP with.',
    topology: AFTER_TCP,
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { mapping: 'endpoint-independent', filtering: 'unknown' } },
    outcomes: { 'stun IPv4 mapping': 'timeout' },
  },
  {
    name: 'calls blocked, all else open',
    about: "A network that keeps its users from calls: the ports of STUN are closed, and peers' are not.",
    topology: dropping('udp dport { 3478, 3479 }'),
    services: [...ON_7842, coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { udp: 'yes', mapping: 'endpoint-independent' } },
    oneSideCannotKnow: {
      reason: 'whether the firewall lists the ports that it lets out, or those that it does not',
      says: /it seems, not to others/,
    },
    outcomes: { 'stun IPv4 mapping': 'timeout' },
  },
  {
    name: 'UDP 443 blocked, relays there',
    about: 'A firewall that keeps browsers from QUIC; these relays discover addresses at the same port.',
    topology: dropping('udp dport 443'),
    services: HTTP3.services,
    report: { relays: HTTP3.targets },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' } },
    mayContact: HTTP3.mayContact,
  },
  {
    name: 'UDP 443 blocked, relays there, STUN answered',
    about: 'The same with STUN servers: UDP passes, and nobody knows of QUIC.',
    topology: dropping('udp dport 443'),
    services: [...HTTP3.services, coturn(STUN_ADDRESSES)],
    report: { relays: HTTP3.targets, stun: STUN_SERVERS },
    truth: { colour: 'orange', ipv4: { udp: 'unknown', mapping: 'endpoint-independent' } },
    official: {
      mapping_varies_by_dest_ipv4: 'it asks no STUN server',
      global_v4: 'it asks no STUN server',
    },
    mayContact: HTTP3.mayContact,
  },
  {
    name: 'UDP 443 blocked, relays there, IPv6 beside',
    about: 'The same with IPv6, where no relay has to tell the address.',
    topology: home(`${nat(MASQUERADE)}\n${firewall(NO_HTTP3)}`, DUAL_CLIENT),
    services: HTTP3.services,
    report: { relays: HTTP3.targets },
    truth: { colour: 'orange', ipv4: { udp: 'unknown' }, ipv6: { udp: 'unknown' } },
    oneSideCannotKnow: {
      reason: 'at other ports nobody was asked',
      says: /no other UDP port was tried than 443/,
    },
    mayContact: [/^udp (198\.51\.100\.[12]0|\[2001:db8:[ab]::10\]):443$/],
  },
];
