import type { Case } from '../harness/case.js';
import { firewall, HOME_CLIENT, home, MASQUERADE, nat } from './base.js';

/** Firewalls that let through less than everything. */
export const FIREWALLS: readonly Case[] = [
  {
    name: 'UDP blocked',
    about: 'A company network that lets out TCP only.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('meta l4proto udp drop')}`),
    truth: {
      colour: 'red',
      natType: 'Unknown',
      ipv4: { udp: 'no', mapping: 'unknown', publicAddress: null },
      captivePortal: 'no',
      preferredRelay: /relay-[ab]/,
    },
    outcomes: { 'qad IPv4': 'timeout' },
  },
  {
    name: 'UDP blocked on the way in',
    about: 'Datagrams leave, their answers do not come back. From inside it is the same.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('iifname "wan0" meta l4proto udp drop')}`),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
  },
  {
    name: 'UDP rejected',
    about: 'The firewall answers datagrams with an ICMP error instead of dropping them.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('iifname "lan0" meta l4proto udp reject')}`),
    truth: { colour: 'red', natType: 'Unknown', ipv4: { udp: 'no' } },
  },
  {
    name: 'local firewall',
    about: 'A firewall on the machine itself that lets no UDP out.',
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`, {
      ...HOME_CLIENT,
      nft: `table inet own {
  chain output {
    type filter hook output priority filter; policy accept;
    meta l4proto udp drop
  }
}`,
    }),
    truth: {
      colour: 'red',
      natType: 'Unknown',
      ipv4: { udp: 'no' },
      portMapping: { upnp: 'unknown', pcp: 'unknown', natPmp: 'unknown' },
    },
    outcomes: { 'qad IPv4': 'failed', pcp: 'failed', 'nat-pmp': 'failed' },
    maxMs: 2000,
  },
  {
    name: 'replies to multicast dropped',
    about: "A firewall on the machine itself that does not know a search's answers for replies.",
    topology: home(`${nat(MASQUERADE)}\n${firewall()}`, {
      ...HOME_CLIENT,
      nft: `table inet own {
  chain input {
    type filter hook input priority filter; policy drop;
    iifname "lo" accept
    meta l4proto { icmp, ipv6-icmp } accept
    ct state established,related accept
  }
}`,
    }),
    truth: {
      colour: 'green',
      natType: 'Endpoint-Independent',
      ipv4: { mapping: 'endpoint-independent' },
      portMapping: { upnp: 'unknown' },
    },
    maxMs: 2000,
  },
];
