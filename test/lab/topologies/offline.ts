import type { Case } from '../harness/case.js';
import { RELAYS } from '../harness/relays.js';
import type { Topology } from '../harness/topology.js';
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

/** Ranges that careful machines send nowhere. */
const BOGONS = ['192.0.2.0/24', '198.51.100.0/29', '203.0.113.0/28', '198.51.100.128/25'];
const BOGONS_V6 = ['2001:db8::/64', '3fff::/20'];

/** A home whose client sends bogons nowhere, by routes of this type. */
function withBogons(type: string, routes: readonly string[]): Topology {
  const lines = [...BOGONS, ...BOGONS_V6].map(
    (range) => `ip ${range.includes(':') ? '-6' : '-4'} route add ${type} ${range}`,
  );
  return home(CLOSED, { ...HOME_CLIENT, routes, commands: lines });
}

const HOME_TRUTH = {
  colour: 'green',
  natType: 'Endpoint-Independent',
  ipv4: { routed: 'yes', udp: 'yes', mapping: 'endpoint-independent' },
  ipv6: { routed: 'no' },
  endedBy: 'finished',
} as const;

/** Documentation ranges play the Internet here: the other end of the pair stands in one. */
const TO_THE_OTHER_END = '198.51.100.128/26 via 192.168.1.1';

const TO_RELAYS = RELAYS.map(({ ipv4 }) => `${ipv4}/32 via 192.168.1.1`);

/** Machines that are not offline although the usual signs of it are there. */
export const NOT_OFFLINE: readonly Case[] = [
  ...(['unreachable', 'blackhole', 'prohibit'] as const).map(
    (type): Case => ({
      name: `bogons are ${type}`,
      about: 'A machine that sends addresses nowhere that should not be on the Internet. All else works.',
      topology: withBogons(type, ['default via 192.168.1.1', TO_THE_OTHER_END]),
      truth: HOME_TRUTH,
    }),
  ),
  {
    name: 'routes to the relays alone',
    about: 'A machine that may reach its relays and nobody else: no default route, one route for each relay.',
    topology: home(CLOSED, { ...HOME_CLIENT, routes: TO_RELAYS }),
    truth: {
      colour: 'orange',
      sentence: /routes to the relays or servers alone/,
      ipv4: { routed: 'listed-only', udp: 'yes' },
      ipv6: { routed: 'no' },
      endedBy: 'finished',
    },
  },
  {
    name: 'routes to the relays alone, bogons prohibited',
    about: 'The same on a machine that prohibits what should not be on the Internet.',
    topology: withBogons('prohibit', TO_RELAYS),
    truth: {
      colour: 'orange',
      sentence: /routes to the relays or servers alone/,
      ipv4: { routed: 'listed-only', udp: 'yes' },
      ipv6: { routed: 'no' },
      endedBy: 'finished',
    },
  },
  {
    name: 'no default route, and names that nobody looks up',
    about:
      'Relays may have routes of their own here; nobody knows, since the name server does not answer for them.',
    topology: {
      ...home(CLOSED, { addresses: HOME_CLIENT.addresses ?? {} }),
      names: [],
      resolver: 'nameserver 192.168.1.1',
    },
    services: [],
    truth: { colour: 'grey', ipv4: { routed: 'unknown' }, ipv6: { routed: 'unknown' } },
    mayContact: [/^udp 192\.168\.1\.1:53$/],
  },
  {
    name: 'two halves in place of a default route',
    about: 'As VPN programs set it: 0.0.0.0/1 and 128.0.0.0/1, and no default route.',
    topology: home(CLOSED, {
      ...HOME_CLIENT,
      routes: ['0.0.0.0/1 via 192.168.1.1', '128.0.0.0/1 via 192.168.1.1'],
    }),
    // The gateway of both halves.
    mayContact: [/^udp 192\.168\.1\.1:(1900|5351)$/],
    truth: HOME_TRUTH,
  },
  {
    name: 'policy routing without a default route in the main table',
    about: 'A rule sends what this machine writes to a table of its own, which has the default route.',
    topology: home(CLOSED, {
      addresses: HOME_CLIENT.addresses ?? {},
      commands: [
        'ip route add default via 192.168.1.1 table 77',
        'ip rule add to 0.0.0.0/0 lookup 77 pref 77',
      ],
    }),
    truth: HOME_TRUTH,
  },
];

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
  ...(['unreachable', 'blackhole', 'prohibit'] as const).map(
    (type): Case => ({
      name: `everything is ${type}`,
      about: 'A default route that leads nowhere, as a VPN program leaves it that must not leak.',
      topology: home(CLOSED, {
        addresses: HOME_CLIENT.addresses ?? {},
        commands: [`ip -4 route add ${type} default`, `ip -6 route add ${type} default`],
      }),
      ...NOBODY,
      truth: OFFLINE_TRUTH,
      maxMs: 1000,
    }),
  ),
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
