import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import { coturn, relay } from '../harness/services.js';
import {
  firewall,
  HOME_CLIENT,
  home,
  MASQUERADE,
  nat,
  onTheInternet,
  STUN_ADDRESSES,
  STUN_SERVERS,
} from './base.js';

const CLOSED = `${nat(MASQUERADE)}\n${firewall()}`;
const GREEN = { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } } as const;

/** A gateway that is in nobody's network, as clouds have it. */
const ON_LINK = '172.31.1.1';

/** Machines that are set up in a way of their own. */
export const MACHINES: readonly Case[] = [
  {
    name: 'ten local ports',
    about: 'A machine that may use ten ports of its own, as behind an address that many share (MAP-E).',
    topology: home(CLOSED, {
      ...HOME_CLIENT,
      commands: ['echo "40000 40009" >/proc/sys/net/ipv4/ip_local_port_range'],
    }),
    services: [...RELAYS.map((each) => relay(each)), coturn(STUN_ADDRESSES)],
    report: { stun: STUN_SERVERS },
    truth: GREEN,
  },
  {
    name: 'no loopback',
    about: 'A network namespace whose loopback device nobody has brought up.',
    topology: home(CLOSED, { ...HOME_CLIENT, commands: ['ip link set lo down'] }),
    truth: GREEN,
  },
  {
    name: 'a gateway outside the own network',
    about:
      'A rented machine with one public address (/32), and a gateway that is only known to be on the link.',
    topology: onTheInternet({
      addresses: { eth0: ['203.0.113.70/32'] },
      routes: [],
      commands: [`ip route add default via ${ON_LINK} dev eth0 onlink`],
    }),
    services: [
      ...RELAYS.map((each) => relay(each)),
      {
        start: (lab) =>
          lab.sh('inet', `ip addr add ${ON_LINK}/32 dev c0; ip route add 203.0.113.70/32 dev c0`),
      },
    ],
    mayContact: [/^udp 172\.31\.1\.1:(1900|5351)$/],
    truth: {
      colour: 'green',
      natType: 'No NAT',
      ipv4: { udp: 'yes', mapping: 'none', publicAddress: /^203\.0\.113\.70:/ },
    },
  },
  {
    name: 'a network card for 1,100 bytes',
    about: 'A machine whose own link is too narrow for QUIC: it cuts our datagrams, and iroh forbids that.',
    topology: home(
      CLOSED,
      { ...HOME_CLIENT, commands: ['ip link set eth0 mtu 1100'] },
      { commands: ['ip link set lan0 mtu 1100'] },
    ),
    truth: { colour: 'red', ipv4: { udp: 'no' } },
  },
];
