import { PROBE_NAMES } from '../../../lib/probes/probe.js';
import type {
  AddressSeen,
  AskedRelay,
  Family,
  Observation,
  PeerReached,
  PendingRun,
  PortMappingProtocol,
  ProbeRecord,
  QuicReached,
} from '../../../lib/report/index.js';

/** A network that is made up, and differs from the truth of its own probes as it likes. */
export interface World {
  random(): number;
  relays: readonly AskedRelay[];
  hasStun: boolean;
  /** Nothing answers over UDP. */
  isBlocked: boolean;
  /** How many peers are tried. */
  peers: number;
}

const FAMILIES = [4, 6] as const;

/** With up to three relays. */
export function worldFrom(random: () => number): World {
  const relays = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, at) => ({
    url: `https://relay${at}.example./`,
    quicPort: random() < 0.1 ? null : 7842,
    isQuicPortKnown: random() < 0.7,
  }));
  const isBlocked = random() < 0.25;
  const hasStun = random() < 0.5;
  return { random, relays, hasStun, isBlocked, peers: pick([0, 0, 1, 2], random) };
}

/** The runs that its report would have. */
export function planOf({ relays, hasStun, peers }: World): PendingRun[] {
  const targets: Record<string, Pick<PendingRun, 'target' | 'family'>[]> = {
    route: [{ target: '192.0.2.1', family: 4 }, { target: '2001:db8::1', family: 6 }, ...perRelay(relays)],
    endpoint: [{}],
    qad: FAMILIES.flatMap((family) => [{ family }, { target: 'exchange', family }]),
    https: perRelay(relays),
    relay: perRelay(relays),
    'captive-portal': perRelay(relays),
    pcp: [{}],
    'nat-pmp': [{}],
    upnp: [{}],
    stun: hasStun
      ? FAMILIES.flatMap((family) => [
          { target: 'mapping', family },
          { target: 'filtering', family },
        ])
      : [],
    peer: PEERS.slice(0, peers).map((target) => ({ target })),
  };
  return PROBE_NAMES.flatMap((probe) =>
    (targets[probe] ?? []).map((target) => ({
      ...{ ref: [probe, ...Object.values(target)].join(' '), probe, ...target },
    })),
  );
}

const PEERS = ['3f3f3f3f3f', 'a7a7a7a7a7'];

function perRelay(relays: readonly AskedRelay[]) {
  return relays.map(({ url }) => ({ target: url }));
}

/** These runs as they end, one after the other, beside those that have ended. */
export function endAll(
  runs: readonly PendingRun[],
  world: World,
  before: readonly ProbeRecord[] = [],
): ProbeRecord[] {
  const all = [...before];
  for (const run of runs) {
    const observation = observationOf(run, world, all);
    const base = { ...run, startedMs: 0, durationMs: 1 };
    all.push(
      observation === null
        ? { ...base, outcome: 'timeout', error: { code: 'DEADLINE', message: 'no answer' } }
        : { ...base, outcome: 'ok', observation },
    );
  }
  return all;
}

/**
 * What a run sees: anything that its probe may report. Null: it ended without.
 *
 * @param before - the runs that ended before it
 */
function observationOf(run: PendingRun, world: World, before: readonly ProbeRecord[]): Observation | null {
  const { random } = world;
  if (random() < 0.2) return null;
  const { target = '', family = 4 } = run;
  switch (run.probe) {
    case 'route':
      return { routes: (run.family === undefined ? FAMILIES : [family]).map((of) => route(of, world)) };
    case 'endpoint':
      return running(world);
    case 'qad':
      return target === 'exchange' ? exchange(family, world, before) : quic(family, world);
    case 'https':
      return random() < 0.8
        ? { latencies: [{ relayUrl: target, kind: 'https', ms: 1 + Math.floor(random() * 90) }] }
        : { interceptions: [{ relayUrl: target, issuer: 'somebody' }] };
    case 'relay':
      return {
        access: [{ relayUrl: target, stage: pick(['ready', 'ready', 'connect', 'tls', 'upgrade'], random) }],
      };
    case 'captive-portal':
      return {
        portals: [
          {
            relayUrl: target,
            answer: pick(['right', 'own-https', 'client-error', 'wrong'], random),
            status: 204,
          },
        ],
      };
    case 'pcp':
      return portMapping('pcp', world);
    case 'nat-pmp':
      return portMapping('natPmp', world);
    case 'upnp':
      return portMapping('upnp', world);
    case 'stun':
      return run.target === 'mapping' ? stun(family, world) : filtering(family);
    case 'peer':
      return tried(target, world);
    default:
      return null;
  }
}

/** What a running endpoint has: mostly nothing. */
function running({ random, relays }: World): Observation {
  const homes = relays.filter(() => random() < 0.3);
  const peers = ['198.51.100.77:40000', '[2001:db8:7::1]:40000', '192.168.1.77:40000'];
  return {
    homeRelays: homes.map(({ url }) => ({ relayUrl: url })),
    paths: [
      ...homes.map(({ url }) => ({ remoteAddr: url, isRelay: true })),
      ...peers
        .filter(() => random() < 0.2)
        .map((remoteAddr) => ({ remoteAddr, isRelay: false, received: pick([3, 40], random) })),
    ],
  };
}

/** Connections to a peer that stands anywhere, through any of the relays. */
function tried(id: string, { random, relays }: World): Observation {
  const peer = { peer: id.padEnd(64, '0'), watchedMs: pick([6000, 6000, 900], random) };
  const access = relays.flatMap(({ url }) =>
    random() < 0.5 ? [{ relayUrl: url, stage: 'ready' } as const] : [],
  );
  if (random() < 0.4) {
    const isPeerWell = pick([{ isPeerWell: true }, { isPeerWell: false }, {}], random);
    const reached = pick<PeerReached>(['relayed', 'relayed', 'unreached', 'cut'], random);
    return { peers: [{ ...peer, reached, ...isPeerWell }], access };
  }
  const family = pick(FAMILIES, random);
  const ip = random() < 0.7 ? FAR[family] : pick([...OWN[family], ...OUTSIDE[family]], random);
  const remoteAddr = addressText(ip, pick([50000, 50000, 7842], random));
  const lets = pick([{ letsInStrangers: false }, { letsInStrangers: true }, {}], random);
  return {
    peers: [{ ...peer, reached: 'direct', family, remoteAddr, ...lets }],
    paths: [{ remoteAddr, isRelay: false, received: 60 }],
    access,
  };
}

const FAR = { 4: '198.51.100.130', 6: '2001:db8:ff::2' } as const;

function pick<T>(items: readonly [T, ...T[]], random: () => number): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

const OWN = { 4: ['192.168.1.100', '203.0.113.66'], 6: ['2001:db8:1::100', 'fd00::100'] } as const;
const OUTSIDE = {
  4: ['203.0.113.66', '203.0.113.67', '10.9.9.9'],
  6: ['2001:db8:1::100', '2001:db8:2::1'],
} as const;
const PLACES = {
  4: ['203.0.113.10', '198.51.100.10', '192.168.1.5'],
  6: ['2001:db8:a::10', '2001:db8:b::10'],
} as const;

function route(family: Family, { random }: World) {
  const destination = pick(PLACES[family], random);
  if (random() < 0.3) return { family, destination, sourceIp: null, refusal: 'ENETUNREACH' };
  const gateway = pick([null, family === 4 ? '192.168.1.1' : 'fe80::1'], random);
  return { family, destination, sourceIp: OWN[family][0], ...(random() < 0.7 ? { gateway } : {}) };
}

function addressText(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** What the destinations see of one socket: mostly of one mind, as NATs are. */
function sights(family: Family, by: AddressSeen['by'], world: World): AddressSeen[] {
  const { random } = world;
  // Each run has its own socket.
  const port = by === 'quic' ? 5000 : 5002;
  const own = addressText(random() < 0.85 ? OWN[family][0] : OWN[family][1], port);
  const as: Family = family === 6 && random() < 0.1 ? 4 : family;
  const mapped = addressText(pick(OUTSIDE[as], random), 6000);
  const isDependent = random() < 0.35;
  const isOpen = random() < 0.25;
  const destinations = PLACES[family].filter(() => random() < 0.7);
  const seen = destinations.map(
    (destinationIp, at): AddressSeen => ({
      ...{ family, local: own, by, destinationIp, destinationPort: by === 'quic' ? 7842 : 3478 },
      observed: isOpen ? own : isDependent ? addressText(pick(OUTSIDE[as], random), 6000 + at) : mapped,
    }),
  );
  const [first] = seen;
  if (first === undefined || seen.every(({ observed }) => observed === first.observed)) return seen;
  const again = random() < 0.8 ? first.observed : addressText(OUTSIDE[as][0], 7777);
  return seen.map((one) => (one === first && random() < 0.9 ? { ...one, again } : one));
}

function quic(family: Family, world: World): Observation {
  const { random } = world;
  const asked = world.relays.filter(({ quicPort }) => quicPort !== null);
  if (world.isBlocked || random() < 0.35) {
    const silent = asked.filter(() => random() < 0.9);
    return {
      silences: silent.map(({ url, isQuicPortKnown }) => ({
        family,
        relayUrl: url,
        isKnown: isQuicPortKnown,
      })),
    };
  }
  if (random() < 0.05) {
    return { refusals: asked.map(({ url }) => ({ family, relayUrl: url, code: 'EPERM' })) };
  }
  const reached = random() < 0.85 ? 'established' : 'answered';
  const answering = asked.filter(() => random() < 0.9);
  const addresses = answering.length === 0 ? [] : sights(family, 'quic', world);
  return {
    addresses,
    latencies: answering.map(({ url }) => ({
      relayUrl: url,
      kind: family === 4 ? 'ipv4' : 'ipv6',
      ms: 1 + random(),
    })),
    quic: answering.map(({ url }, at) => ({
      ...{
        family,
        relayUrl: url,
        destinationIp: PLACES[family][at % PLACES[family].length] ?? PLACES[family][0],
      },
      ...{ destinationPort: 7842, reached, sent: 0, acknowledged: 0, lost: 0, spanMs: 0 },
      ...(reached === 'answered' ? { code: pick(['QAD_TIMEOUT', 'QAD_CERT_EXPIRED'], random) } : {}),
    })),
    silences: asked
      .filter((relay) => !answering.includes(relay))
      .map(({ url, isQuicPortKnown }) => ({ family, relayUrl: url, isKnown: isQuicPortKnown })),
  };
}

/** What came of full-size datagrams to those with whom a handshake was complete; to some of them none are sent. */
function exchange(family: Family, { random }: World, before: readonly ProbeRecord[]): Observation {
  const shaken = before.flatMap((record) => record.observation?.quic ?? []);
  const open = shaken.filter((part) => part.family === family && part.reached === 'established');
  return {
    quic: open
      .filter(() => random() < 0.8)
      .map((part) => ({
        ...part,
        reached: pick<QuicReached>(['sustained', 'sustained', 'established', 'stalled'], random),
        ...{ sent: 10, acknowledged: 8, lost: pick([0, 0, 2], random), spanMs: 300 },
      })),
  };
}

function stun(family: Family, world: World): Observation {
  const { random } = world;
  const addresses = !world.isBlocked && random() < 0.7 ? sights(family, 'stun', world) : [];
  return {
    addresses,
    stun: PLACES[family].map((ip) => ({
      ...{ server: `${ip}:3478`, family, ip },
      result: addresses.some(({ destinationIp }) => destinationIp === ip) ? 'answered' : 'silent',
    })),
  };
}

function filtering(family: Family): Observation {
  const [server, other] = PLACES[family].map((ip) => addressText(ip, 3478));
  return {
    filterings: [
      {
        ...{ family, local: addressText(OWN[family][0], 5001), server: server ?? '', other: other ?? '' },
        ...{ fromOtherIp: 'arrived', fromOtherPort: 'arrived', isSteady: true },
      },
    ],
  };
}

function portMapping(protocol: PortMappingProtocol, { random }: World): Observation {
  const available = random() < 0.6;
  const externalIp = pick(['203.0.113.66', '203.0.113.67', '10.9.9.9', undefined], random);
  return {
    portMappings: [
      { protocol, available, gateway: '192.168.1.1', ...(externalIp === undefined ? {} : { externalIp }) },
    ],
  };
}
