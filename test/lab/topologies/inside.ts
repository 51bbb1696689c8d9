import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAY_NAMES, RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import type { Topology } from '../harness/topology.js';
import { firewall, home, MASQUERADE, nat, ONE_WITNESS, STUN_ADDRESSES, STUN_SERVERS } from './base.js';

/** The names of the relays where the first one stands at this address inside. */
function named(address: string): string[] {
  return [`${address} ${RELAY_A.name}`, ...RELAY_NAMES.filter((line) => !line.endsWith(RELAY_A.name))];
}

/** A company whose own relay stands on a network of its own beside the clients'. `net`: its first three numbers. */
function withRelayInside(net: string, rules: string): Topology {
  const base = home(rules);
  const { ra, rtr } = base.hosts;
  return {
    ...base,
    links: [...base.links, ['rtr/srv0', 'ra/eth1']],
    names: named(`${net}.10`),
    hosts: {
      ...base.hosts,
      rtr: { ...rtr, addresses: { ...rtr?.addresses, srv0: [`${net}.1/24`] } },
      ra: {
        ...ra,
        addresses: { ...ra?.addresses, eth1: [`${net}.10/24`] },
        routes: [...(ra?.routes ?? []), `192.168.1.0/24 via ${net}.1`],
      },
    },
  };
}

/** Lets the clients to their own servers. */
const TO_SERVERS = 'oifname "srv0" accept';

/** Hands the relay of a host every client under one address, as a proxy or balancer before it does. */
function balanced(topology: Topology, hosts: readonly ('ra' | 'rb')[], address: string): Topology {
  const nft = `table ip proxy {
  chain in {
    type nat hook input priority 100; policy accept;
    udp dport 7842 snat to ${address}
  }
}`;
  const behind = Object.fromEntries(hosts.map((host) => [host, { ...topology.hosts[host], nft }]));
  return { ...topology, hosts: { ...topology.hosts, ...behind } };
}

const HOME = home(`${nat(MASQUERADE)}\n${firewall()}`);
const SYMMETRIC = home(`${nat(`${MASQUERADE} fully-random`)}\n${firewall()}`);

/** The mapping is not measured with one witness. */
/** Relays that see us from inside, or see somebody else in our place. */
export const INSIDE: readonly Case[] = [
  {
    name: 'a relay inside, UDP to the Internet blocked',
    about: "A company's own relay at a private address answers; the one on the Internet is silent over UDP.",
    topology: withRelayInside(
      '10.0.0',
      `${nat(MASQUERADE)}\n${firewall(`${TO_SERVERS}\n    oifname "wan0" meta l4proto udp drop`)}`,
    ),
    official: {
      udp_v4: 'it takes what reaches a relay inside for UDP to the Internet',
      global_v4: 'it believes the relay inside',
    },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown', publicAddress: null } },
    mayContact: [/^(tcp|udp) 10\.0\.0\.10:(80|443|7842)$/],
  },
  {
    name: 'a relay at a squatted address inside, UDP to the Internet blocked',
    about: 'The same with servers at addresses that belong to somebody else on the Internet.',
    topology: withRelayInside(
      '11.0.0',
      `${nat(`${MASQUERADE}\n    oifname "srv0" masquerade`)}\n${firewall(`${TO_SERVERS}\n    oifname "wan0" meta l4proto udp drop`)}`,
    ),
    official: {
      udp_v4: 'it takes what reaches a relay inside for UDP to the Internet',
      global_v4: 'it believes the relay inside',
    },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { udp: 'unknown' } },
    mayContact: [/^(tcp|udp) 11\.0\.0\.10:(80|443|7842)$/],
  },
  {
    name: 'a relay inside beside one on the Internet',
    about: 'Both answer. The one inside sees us before the NAT: one vantage point is left.',
    topology: withRelayInside('10.0.0', `${nat(MASQUERADE)}\n${firewall(TO_SERVERS)}`),
    oneSideCannotKnow: { ...ONE_WITNESS, isByChance: true },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      ipv4: { udp: 'yes', mapping: 'unknown', publicAddress: /^203\.0\.113\.66:/ },
    },
    official: {
      mapping_varies_by_dest_ipv4: 'it compares what a relay inside sees with what one outside sees',
    },
    mayContact: [/^(tcp|udp) 10\.0\.0\.10:(80|443|7842)$/],
  },
  {
    name: 'relays behind the proxy of their container',
    about: 'Both relays run in containers whose proxy hands on every client as 172.17.0.1.',
    topology: balanced(HOME, ['ra', 'rb'], '172.17.0.1'),
    official: {
      mapping_varies_by_dest_ipv4: 'it believes what the proxy hands on',
      global_v4: 'it believes what the proxy hands on',
    },
    truth: { colour: 'orange', natType: 'Unknown', ipv4: { mapping: 'unknown', publicAddress: null } },
  },
  {
    name: 'one relay behind the proxy of its container',
    about: 'One of two relays sees every client as 172.17.0.1. It tells nothing, and no NAT differs for it.',
    topology: balanced(HOME, ['rb'], '172.17.0.1'),
    official: { mapping_varies_by_dest_ipv4: 'it believes what the proxy hands on' },
    oneSideCannotKnow: {
      reason: 'iroh believes the one relay or the other, by chance',
      says: /one vantage point cannot tell|stands before it/,
      isByChance: true,
    },
    truth: {
      colour: 'orange',
      natType: 'Unknown',
      ipv4: { udp: 'yes', mapping: 'unknown', publicAddress: /^203\.0\.113\.66:/ },
    },
  },
  {
    name: 'one relay behind a balancer, STUN servers that agree',
    about:
      "One of two relays sees every client at its balancer's public address; everybody else sees the home.",
    topology: balanced(HOME, ['rb'], '198.51.100.30'),
    services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    official: { mapping_varies_by_dest_ipv4: 'it believes what the balancer hands on' },
    oneSideCannotKnow: {
      reason: 'iroh believes the one relay or the other, by chance',
      says: /may be relayed/,
      isByChance: true,
    },
    truth: {
      colour: 'orange',
      sentence: /alone sees another IP address/,
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent', publicAddress: /^203\.0\.113\.66:/ },
    },
  },
  {
    name: 'a symmetric NAT, one relay behind the proxy of its container',
    about: 'The same proxy before a NAT that takes a random port for each destination: STUN servers show it.',
    topology: balanced(SYMMETRIC, ['rb'], '172.17.0.1'),
    services: [relay(RELAY_A), relay(RELAY_B), coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: { mapping: 'endpoint-dependent' } },
  },
];
