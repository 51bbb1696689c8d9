import type { Case } from '../harness/case.js';
import { DUAL_CLIENT, firewall, home, MASQUERADE, nat, nat66 } from './base.js';

const NO_V4_UDP = 'meta nfproto ipv4 meta l4proto udp drop';
const NO_V6_UDP = 'meta nfproto ipv6 meta l4proto udp drop';

/** A home with both families. `v4`, `v6`: the router's source NAT; `first`: what its firewall does before all else. */
function dual(v4: string, { v6 = '', first = '' } = {}): Case['topology'] {
  return home(`${nat(v4)}\n${v6 === '' ? '' : nat66(v6)}\n${firewall(first)}`, DUAL_CLIENT);
}

const RANDOM = `${MASQUERADE} fully-random`;

/** Networks in which one family does what the other does not. */
export const FAMILIES: readonly Case[] = [
  {
    name: 'IPv4 UDP blocked, IPv6 open',
    about: 'A company that filters UDP by IPv4 and forgot IPv6.',
    topology: dual(MASQUERADE, { first: NO_V4_UDP }),
    truth: {
      colour: 'green',
      sentence: /with peers that have (it|IPv6)/,
      ipv6: { udp: 'yes', mapping: 'none' },
    },
  },
  {
    name: 'IPv4 broken, IPv6 open',
    about: 'An IPv4 default route that leads nowhere; everything goes by IPv6.',
    topology: dual(MASQUERADE, { first: 'meta nfproto ipv4 drop' }),
    truth: {
      colour: 'green',
      sentence: /with peers that have (it|IPv6)/,
      ipv6: { udp: 'yes', mapping: 'none' },
    },
  },
  {
    name: 'symmetric NAT beside open IPv6',
    about: 'A mobile carrier: IPv4 behind a symmetric NAT, IPv6 without any.',
    topology: dual(RANDOM),
    truth: {
      colour: 'green',
      sentence: /with peers that have (it|IPv6)/,
      ipv4: { mapping: 'endpoint-dependent' },
      ipv6: { udp: 'yes', mapping: 'none' },
    },
  },
  {
    name: 'IPv6 UDP blocked, IPv4 behind a home NAT',
    about: 'A firewall that lets no UDP out by IPv6, beside an ordinary IPv4 NAT.',
    topology: dual(MASQUERADE, { first: NO_V6_UDP }),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { udp: 'yes', mapping: 'endpoint-independent' },
    },
  },
  {
    name: 'symmetric NAT, IPv6 UDP blocked',
    about: 'A symmetric NAT, and a firewall that lets no UDP out by IPv6.',
    topology: dual(RANDOM, { first: NO_V6_UDP }),
    truth: { colour: 'orange', natType: 'Endpoint-Dependent', ipv4: { mapping: 'endpoint-dependent' } },
  },
  {
    name: 'IPv4 UDP blocked, symmetric NAT66',
    about: 'UDP goes by IPv6 only, and there through a NAT with a random port for each destination.',
    topology: dual(MASQUERADE, { v6: RANDOM, first: NO_V4_UDP }),
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv6: { udp: 'yes', mapping: 'endpoint-dependent' },
    },
  },
  {
    name: 'symmetric in both families',
    about: 'A router that takes a random port for each destination, by IPv4 and by IPv6.',
    topology: dual(RANDOM, { v6: RANDOM }),
    truth: {
      colour: 'orange',
      natType: 'Endpoint-Dependent',
      ipv4: { mapping: 'endpoint-dependent' },
      ipv6: { mapping: 'endpoint-dependent' },
    },
  },
  {
    name: 'home NAT beside a symmetric NAT66',
    about: 'IPv4 behind an ordinary NAT, IPv6 behind a symmetric one.',
    topology: dual(MASQUERADE, { v6: RANDOM }),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent' },
      ipv6: { mapping: 'endpoint-dependent' },
    },
  },
  {
    name: 'UDP blocked in both families',
    about: 'A company network with IPv6 that lets out TCP only.',
    topology: dual(MASQUERADE, { first: 'meta l4proto udp drop' }),
    truth: { colour: 'red', ipv4: { udp: 'no' }, ipv6: { udp: 'no' } },
  },
];
