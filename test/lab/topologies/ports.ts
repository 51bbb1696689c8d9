import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { firewall, home, MASQUERADE, nat, STUN_ADDRESSES, STUN_SERVERS } from './base.js';

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
];
