import { expect } from 'vitest';
import type { Case } from '../harness/case.js';
import { RELAY_A, RELAY_B, RELAYS } from '../harness/relays.js';
import { dnsmasq, failingNames, lateNames, relay, type Service, web } from '../harness/services.js';
import { firewall, home, MASQUERADE, nat } from './base.js';

const RUNNING = RELAYS.map((each) => relay(each));

/** A home whose router is its name server, and nothing in the hosts file. */
const NAMED = {
  ...home(`${nat(MASQUERADE)}\n${firewall()}`),
  names: [],
  resolver: 'nameserver 192.168.1.1',
};

const A_RECORDS = [RELAY_A, RELAY_B].map(({ name, ipv4 }) => `--host-record=${name},${ipv4}`);

const TO_NAME_SERVER = [/^(udp|tcp) 192\.168\.1\.1:53$/];

/** Drops questions for AAAA records (type 28), which stands behind the UDP and DNS headers and the name of a relay. */
const DROPS_AAAA: Service = {
  start: (lab) =>
    lab.nft(
      'rtr',
      // Both names have the same length: the type stands at the same place.
      'insert rule inet fw input iifname "lan0" udp dport 53 @th,272,16 28 drop',
    ),
};

/** Every name leads to one address, as a filter gives it. */
function filtered(address: string): readonly Service[] {
  return [...RUNNING, dnsmasq('rtr', '192.168.1.1', `--address=/#/${address}`)];
}

const NOWHERE: Case['truth'] = {
  colour: 'grey',
  natType: 'Unknown',
  ipv4: { udp: 'unknown' },
  ipv6: { routed: 'no' },
  captivePortal: 'unknown',
  preferredRelay: null,
};

/** Networks whose name servers do not do as they should. */
export const NAMES: readonly Case[] = [
  {
    name: 'AAAA questions dropped',
    about: 'A name server that answers for IPv4 and drops every question for IPv6.',
    topology: NAMED,
    services: [...RUNNING, dnsmasq('rtr', '192.168.1.1', ...A_RECORDS), DROPS_AAAA],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    outcomes: { 'relay https://relay-a.test/': 'ok', 'relay https://relay-b.test/': 'ok' },
    mayContact: TO_NAME_SERVER,
    also: async ({ report }) => {
      const names = report.probes.flatMap(({ observation }) => observation?.names ?? []);
      expect(names.filter(({ family }) => family === 6).map(({ result }) => result)).toEqual([
        'silent',
        'silent',
      ]);
    },
  },
  {
    name: 'one name hangs',
    about: 'The name server answers for one relay and is silent about the other.',
    topology: NAMED,
    services: [
      ...RUNNING,
      dnsmasq('rtr', '192.168.1.1', A_RECORDS[0] ?? '', `--server=/${RELAY_B.name}/203.0.113.99`),
    ],
    truth: { colour: 'orange', ipv4: { udp: 'yes' } },
    outcomes: { 'relay https://relay-a.test/': 'ok', 'relay https://relay-b.test/': 'failed' },
    mayContact: TO_NAME_SERVER,
    oneSideCannotKnow: {
      reason: 'iroh gives up its own report on a name that hangs, or not, by chance',
      says: /could not be looked up/,
      isByChance: true,
    },
    // It gives up the whole report on a name that hangs, or not, by chance.
    official: null,
  },
  {
    name: 'names filtered to 0.0.0.0',
    about: 'A name server that filters gives 0.0.0.0 for the relays.',
    topology: NAMED,
    services: filtered('0.0.0.0'),
    truth: NOWHERE,
    mayContact: TO_NAME_SERVER,
  },
  {
    name: 'names filtered to this machine',
    about: 'The name server gives 127.0.0.1 for the relays, where this machine has a web server of its own.',
    topology: NAMED,
    services: [...filtered('127.0.0.1'), web('cli', '127.0.0.1', 80, `response.end('my own page')`)],
    truth: NOWHERE,
    mayContact: TO_NAME_SERVER,
  },
  {
    name: 'names filtered to ::',
    about: 'A name server that filters gives :: for the relays.',
    topology: NAMED,
    services: filtered('::'),
    truth: NOWHERE,
    mayContact: TO_NAME_SERVER,
  },
  {
    name: 'AAAA questions fail',
    about: 'A name server that answers for IPv4 and fails (SERVFAIL) at every question for IPv6.',
    topology: NAMED,
    services: [
      ...RUNNING,
      failingNames('rtr', 5353),
      dnsmasq('rtr', '192.168.1.1', ...A_RECORDS, '--server=127.0.0.1#5353'),
    ],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    mayContact: TO_NAME_SERVER,
  },
  {
    name: 'slow name server',
    about: 'Every answer of the name server takes a second and a half.',
    topology: NAMED,
    services: [
      ...RUNNING,
      dnsmasq('rtr', '127.0.0.1', ...A_RECORDS, '--local=/test/'),
      lateNames('rtr', '192.168.1.1', 1500),
    ],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    mayContact: TO_NAME_SERVER,
  },
  {
    name: 'two dead name servers before one that answers',
    about: 'Three name servers are set, and the first two are gone.',
    topology: {
      ...NAMED,
      resolver: 'nameserver 203.0.113.99\nnameserver 203.0.113.98\nnameserver 192.168.1.1',
    },
    services: [...RUNNING, dnsmasq('rtr', '192.168.1.1', ...A_RECORDS)],
    truth: { colour: 'green', natType: 'Endpoint-Independent', ipv4: { udp: 'yes' } },
    mayContact: [...TO_NAME_SERVER, /^(udp|tcp) 203\.0\.113\.9[89]:53$/],
  },
];
