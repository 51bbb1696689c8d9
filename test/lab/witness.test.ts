import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportFacts } from '../../lib/services/index.js';
import { buildPeer, interopAvailable } from '../interop/support/index.js';
import { agrees } from './harness/agreement.js';
import { type Case, RELAY_TARGETS } from './harness/case.js';
import { withFarEnd } from './harness/far-end.js';
import { Lab } from './harness/lab.js';
import { Pair } from './harness/pair.js';
import { RELAY_A, RELAY_NAMES, RELAY_PROGRAM, RELAYS, RelayCa } from './harness/relays.js';
import { relay } from './harness/services.js';
import { type Stand, withPlatform } from './harness/stand.js';
import { labRuns } from './harness/tools.js';
import { Witness } from './harness/witness.js';
import { firewall, home, MASQUERADE, nat } from './topologies/base.js';
import { CHAPTERS } from './topologies/index.js';

const CASES = CHAPTERS.flatMap(({ cases }) => cases);
const PROGRAMS = ['conntrack', 'openssl', 'dnsmasq', 'tayga', RELAY_PROGRAM];

type Network = Pick<Case, 'topology' | 'services' | 'report'>;

/** A network of the lab, by its name. */
function named(name: string): Network {
  const found = CASES.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no network is called ${name}`);
  return found;
}

/** The same network with this relay alone. */
function withOneRelay({ topology }: Network): Network {
  return { topology, services: [relay(RELAY_A)], report: { relays: [{ url: RELAY_A.url }] } };
}

/** The same without STUN servers: its report sees what relays see. */
function withoutStun({ topology }: Network): Network {
  return { topology };
}

const HOME: Network = { topology: home(`${nat(MASQUERADE)}\n${firewall()}`) };
const AT_THE_RELAY: Stand = { host: RELAY_A.host, addresses: [RELAY_A.ipv4, RELAY_A.ipv6] };

/** A network, and what a platform has to say of it. */
interface Sight {
  name: string;
  network: Network;
  /** Default: a platform at an address of its own. */
  stand?: Stand;
  says: Partial<Pick<ReportFacts, 'level' | 'natType' | 'natTypeBy'>> | 'offline';
  /** Where it may be of another opinion than the pair: why. */
  but?: string;
}

const DEPENDENT = { level: 'orange', natType: 'Endpoint-Dependent', natTypeBy: 'platform' } as const;
const INDEPENDENT = { level: 'green', natType: 'Endpoint-Independent', natTypeBy: 'platform' } as const;
const UNKNOWN = { level: 'orange', natType: 'Unknown' } as const;
const BY_CHANCE = 'the pair does now the one, now the other';

const SIGHTS: readonly Sight[] = [
  { name: 'one relay', network: named('one relay'), says: INDEPENDENT },
  { name: 'symmetric NAT, one relay', network: withOneRelay(named('symmetric NAT')), says: DEPENDENT },
  {
    name: 'symmetric by address only, one relay',
    network: withOneRelay(named('symmetric by address only')),
    says: DEPENDENT,
  },
  {
    name: "one relay, at the platform's own address",
    network: withOneRelay(HOME),
    stand: AT_THE_RELAY,
    says: UNKNOWN,
    but: 'relay and platform are one vantage point',
  },
  {
    name: 'symmetric by address only, one relay at the own address of the platform',
    network: withOneRelay(named('symmetric by address only')),
    stand: AT_THE_RELAY,
    says: UNKNOWN,
  },
  ...['only UDP 7842', 'only UDP 53 and 443', "only UDP to the relays' addresses"].map(
    (name): Sight => ({
      name: `${name}, relays alone`,
      network: named(`${name}, relays alone`),
      says: { level: 'orange', natType: 'Endpoint-Independent', natTypeBy: 'report' },
    }),
  ),
  {
    name: 'ports kept towards 7842 only, relays alone',
    network: withoutStun(named('ports kept towards 7842 only')),
    says: DEPENDENT,
  },
  {
    name: 'two relays of which one is dead',
    network: named('two relays of which one is dead'),
    says: INDEPENDENT,
  },
  {
    name: 'self-hosted relays as they ship',
    network: named('self-hosted relays as they ship'),
    says: UNKNOWN,
  },
  { name: 'TCP 443 dropped', network: named('TCP 443 dropped'), says: { level: 'red' } },
  // The word of the app itself: iroh cannot use the relay that it picks.
  ...[
    'relays behind proxies without WebSockets',
    'the fastest relay refuses TCP',
    'IPv6 through a tunnel that loses large packets, alone',
  ].map((name): Sight => ({ name, network: named(name), says: { level: 'red' } })),
  // Green, too, where the app is connected to its home relay by IPv4, from before iroh knew of IPv6.
  {
    name: 'IPv6 through a tunnel that loses large packets, beside IPv4',
    network: named('IPv6 through a tunnel that loses large packets, beside IPv4'),
    says: {},
    but: BY_CHANCE,
  },
  // Grey or red, as another session has a path through the other relay or not.
  {
    name: 'the fastest relay takes no WebSocket',
    network: named('the fastest relay takes no WebSocket'),
    says: {},
  },
  ...['certificates expired', 'names that are not on the certificates'].map(
    (name): Sight => ({ name, network: named(name), says: { level: 'grey' } }),
  ),
  {
    name: 'one relay behind a balancer, STUN servers that agree',
    network: named('one relay behind a balancer, STUN servers that agree'),
    says: { level: 'orange' },
    but: BY_CHANCE,
  },
  { name: 'UDP blocked', network: named('UDP blocked'), says: { level: 'red', natType: 'Unknown' } },
  // The platform's direct address, which its API secrets name, takes datagrams there and its answers are lost.
  ...['UDP blocked on the way in', 'QUIC dropped after its handshake', 'one datagram a flow'].map(
    (name): Sight => ({ name, network: named(name), says: { level: 'red', natType: 'Unknown' } }),
  ),
  {
    name: 'one relay behind the proxy of its container',
    network: named('one relay behind the proxy of its container'),
    says: {},
    but: BY_CHANCE,
  },
  { name: 'split-tunnel VPN', network: named('split-tunnel VPN'), says: {}, but: BY_CHANCE },
  { name: 'two uplinks', network: named('two uplinks'), says: { level: 'orange' }, but: BY_CHANCE },
  { name: 'NAT64', network: named('NAT64'), says: {}, but: BY_CHANCE },
  {
    name: 'home router',
    network: named('home router'),
    says: { level: 'green', natType: 'Endpoint-Independent', natTypeBy: 'report' },
  },
  // Its session has a direct path, on which no handshake passes: it is dialled back through a relay.
  ...['QUIC handshakes dropped', 'QUIC handshakes dropped, STUN answered'].map(
    (name): Sight => ({ name, network: named(name), says: { level: 'orange' } }),
  ),
  { name: 'no way to anybody', network: named('nothing gets through'), says: 'offline' },
];

describe.skipIf(!labRuns(PROGRAMS) || !interopAvailable())(
  'the platform as a witness',
  { tags: ['slow'] },
  () => {
    let ca: RelayCa;
    let witness: Witness;
    beforeAll(async () => {
      await buildPeer();
      ca = new RelayCa();
      witness = await Witness.build(ca);
    });
    afterAll(async () => {
      await witness?.remove();
      ca?.remove();
    });

    it.concurrent.for(SIGHTS.map((each) => [each.name, each] as const))('%s', async ([, wanted]) => {
      const { network, says, stand, but } = wanted;
      const { topology, services = RELAYS.map((each) => relay(each)), report = {} } = network;
      const lab = await Lab.start(withPlatform(withFarEnd({ names: RELAY_NAMES, ...topology })));
      try {
        await Promise.all(services.map((service) => service.start(lab, ca)));
        const pair = await Pair.start(lab, topology, report.relays ?? RELAY_TARGETS, ca);
        const [{ said }, outcome] = await Promise.all([
          witness.ask(lab, network, { stand }),
          pair?.outcome(false),
        ]);
        const expected = says === 'offline' ? { state: says } : { state: 'reported', facts: says };
        expect(said, JSON.stringify(said)).toMatchObject(expected);
        if (but !== undefined) return;
        const level = said.state === 'reported' ? said.facts.level : said.state;
        expect(agrees(level, outcome?.outcome ?? 'no relay'), `${level}, pair ${outcome?.outcome}`).toBe(
          true,
        );
      } finally {
        await lab.close();
      }
    });
  },
);
