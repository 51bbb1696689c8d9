import type { Case } from '../harness/case.js';
import { firewall, HOME_CLIENT, home, MASQUERADE, nat } from './base.js';

const NOBODY = { services: [] } as const;
const CLOSED = `${nat(MASQUERADE)}\n${firewall()}`;

const OFFLINE_TRUTH = {
  colour: 'grey',
  natType: 'Unknown',
  sentence: /offline/,
  ipv4: { routed: 'no', udp: 'no' },
  ipv6: { routed: 'no' },
  endedBy: 'no-route',
  preferredRelay: null,
} as const;

/** Machines without a way out. */
export const OFFLINE: readonly Case[] = [
  {
    name: 'no route',
    about: 'An address, but no default route.',
    topology: home(CLOSED, { addresses: HOME_CLIENT.addresses ?? {} }),
    ...NOBODY,
    truth: OFFLINE_TRUTH,
    maxMs: 1000,
  },
  {
    name: 'no address',
    about: 'A cable, and nothing that gave the machine an address.',
    topology: home(CLOSED, {}),
    ...NOBODY,
    truth: OFFLINE_TRUTH,
    maxMs: 1000,
  },
  {
    name: 'link down',
    about: 'The cable is out, or the radio off.',
    topology: home(CLOSED, { ...HOME_CLIENT, commands: ['ip link set eth0 down'] }),
    ...NOBODY,
    truth: OFFLINE_TRUTH,
    maxMs: 1000,
  },
  {
    name: 'router dead',
    about: 'There is a route, but nobody is at its end.',
    topology: home(CLOSED, {
      addresses: { eth0: ['192.168.1.100/24'] },
      routes: ['default via 192.168.1.9'],
    }),
    ...NOBODY,
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      sentence: /Nothing answered/,
      ipv4: { routed: 'yes', udp: 'unknown' },
      preferredRelay: null,
    },
  },
  {
    name: 'nothing gets through',
    about: 'The router takes everything and sends nothing on.',
    topology: home(`${nat(MASQUERADE)}\n${firewall('drop')}`),
    ...NOBODY,
    truth: {
      colour: 'grey',
      natType: 'Unknown',
      sentence: /Nothing answered/,
      ipv4: { routed: 'yes', udp: 'unknown' },
      captivePortal: 'unknown',
      preferredRelay: null,
    },
  },
];
