import { DEFAULT_RELAY_QUIC_PORT, formatSocketAddr, parseSocketAddr } from '../../wire/index.js';
import type {
  AddressSeen,
  Family,
  Observation,
  PortMappingProtocol,
  QuicReached,
  QuicSeen,
  RelayStage,
} from '../observation.js';
import type { AskedRelay, ProbeRecord } from '../types.js';
import { seen } from '../verdict/seen.js';

/** A run that has not ended. */
export type PendingRun = Pick<ProbeRecord, 'ref' | 'probe' | 'target' | 'family'>;

/** What is known so far. */
export interface Known {
  records: readonly ProbeRecord[];
  relays: readonly AskedRelay[];
}

/** One part of an observation. */
export type Part = Exclude<keyof Observation, 'details'>;

/** What runs of one kind may still see. */
export interface Cases {
  /** The parts that such a run may fill. While the colour rests on none of them, the run cannot change it. */
  fills: readonly Part[];
  /**
   * What it may see, as far as the colour can depend on it: the extreme cases, each as one observation, the best first and
   * the worst last. Seeing nothing is always possible and not listed.
   */
  of(run: PendingRun, known: Known): readonly Observation[];
}

/** By the name of the probe, or by that and the target. While a probe runs that is not here, nothing is settled. */
export const CASES: Readonly<Record<string, Cases>> = {
  qad: {
    fills: ['addresses', 'latencies', 'silences', 'refusals', 'quic'],
    of: ({ family = 4 }, known) => quicCases(family, known),
  },
  'qad exchange': { fills: ['quic'], of: ({ family = 4 }, known) => exchangeCases(family, known) },
  https: {
    fills: ['latencies', 'interceptions'],
    of: ({ target = '' }, known) => [
      ...speeds(known).map((ms): Observation => ({ latencies: [{ relayUrl: target, kind: 'https', ms }] })),
      { interceptions: [{ relayUrl: target, issuer: '' }] },
    ],
  },
  relay: {
    fills: ['access', 'interceptions'],
    of: ({ target = '' }) => [
      ...RELAY_STAGES.map((stage) => ({ access: [{ relayUrl: target, stage }] })),
      { access: [{ relayUrl: target, stage: 'tls' }], interceptions: [{ relayUrl: target, issuer: '' }] },
    ],
  },
  'https-via-proxy': {
    fills: ['viaProxy'],
    of: ({ target = '' }) => [{ viaProxy: [{ relayUrl: target, proxy: '', ms: 1 }] }],
  },
  'captive-portal': {
    fills: ['portals'],
    of: ({ target = '' }) =>
      (['right', 'wrong'] as const).map((answer) => ({
        portals: [{ relayUrl: target, answer, status: 200 }],
      })),
  },
  pcp: { fills: ['portMappings'], of: (_, known) => portMappingCases('pcp', known) },
  'nat-pmp': { fills: ['portMappings'], of: (_, known) => portMappingCases('natPmp', known) },
  upnp: { fills: ['portMappings'], of: (_, known) => portMappingCases('upnp', known) },
  stun: { fills: ['addresses', 'stun'], of: ({ family = 4 }, known) => stunCases(family, known) },
  'stun filtering': { fills: ['filterings'], of: () => [] },
  peer: { fills: ['peers', 'paths', 'access', 'homeRelays'], of: (_, known) => peerCases(known) },
};

/** Null: such a run is not in the table. */
export function casesOf({ probe, target }: PendingRun): Cases | null {
  return find(`${probe} ${target}`) ?? find(probe);
}

function find(key: string): Cases | null {
  return Object.hasOwn(CASES, key) ? (CASES[key] ?? null) : null;
}

/** Milliseconds that a relay may take: less than all others, and hardly more than the fastest so far. */
function speeds({ records }: Known): number[] {
  const soFar = seen(records, 'latencies').map(({ part }) => part.ms);
  return [FASTEST_MS, ...(soFar.length === 0 ? [] : [1.2 * Math.min(...soFar)])];
}

const FASTEST_MS = 0.001;

const RELAY_STAGES: readonly RelayStage[] = ['ready', 'name', 'connect', 'tls', 'upgrade'];

/** Two IP addresses on the Internet, of each family. */
const PLACES = { 4: ['1.1.1.1', '9.9.9.9'], 6: ['2606:4700::1111', '2620:fe::9'] } as const;

/** A public address that a NAT may give us. */
const OUTSIDE = { 4: '8.8.4.4', 6: '2001:4860::8844' } as const;

const OTHER_SOURCES = { 4: '192.168.77.77', 6: 'fd77::77' } as const;

/** What a server behind a balancer may see. */
const BALANCERS = { 4: '10.77.77.78', 6: 'fd77::78' } as const;

/**
 * How two servers (or one) may see a new socket: one answer, equal answers, different ones, different ones that
 * change when asked again, our own address, or that of a balancer.
 */
type Sight = 'one' | 'equal' | 'different' | 'changed' | 'own' | 'balancer';
const SIGHTS: readonly Sight[] = ['one', 'equal', 'different', 'changed', 'own', 'balancer'];

/**
 * All that two servers may see of a new socket: from the source address that we know, or from another one, through
 * each kind of NAT; and what a server in our own network sees. Through a translator an IPv6 socket has an IPv4
 * address.
 */
function views(by: AddressSeen['by'], family: Family, known: Known): AddressSeen[][] {
  const elsewhere = OTHER_SOURCES[family];
  const sources = [...new Set([sourceOf(family, known), elsewhere])];
  const seenAs: readonly Family[] = family === 4 ? [4] : [6, 4];
  const inside = view(by, { family, as: family, ip: elsewhere, sight: 'own' });
  const answered = [...seen(known.records, 'quic'), ...seen(known.records, 'addresses')];
  const places = new Set(answered.map(({ part }) => part.destinationIp));
  return [
    ...sources.flatMap((ip) =>
      seenAs.flatMap((as) => SIGHTS.map((sight) => view(by, { family, as, ip, sight }))),
    ),
    inside.map((seen) => ({ ...seen, destinationIp: elsewhere })),
    // It sees what others saw before, or a peer turns out to stand behind the same address as we.
    ...outerIps(family, known).map((ip) =>
      view(by, { family, as: family, ip: sourceOf(family, known), sight: 'equal', outside: ip }),
    ),
    // Who answered before turns out to stand in our own network.
    ...(places.size === 0
      ? []
      : [[...places].flatMap((place) => inside.map((seen) => ({ ...seen, destinationIp: place })))]),
  ];
}

/** Addresses of one family at which we were seen, and those of peers. */
function outerIps(family: Family, { records }: Known): string[] {
  const observed = seen(records, 'addresses').map(({ part }) => part.observed);
  const peers = seen(records, 'peers').map(({ part }) => part.remoteAddr ?? '');
  return [...new Set([...observed, ...peers].flatMap((address) => ipOf(address, family) ?? []))];
}

function ipOf(socketAddr: string, family: Family): string | null {
  try {
    const address = parseSocketAddr(socketAddr);
    return address.family === family ? address.ip : null;
  } catch {
    return null;
  }
}

function view(
  by: AddressSeen['by'],
  of: { family: Family; as: Family; ip: string; sight: Sight; outside?: string },
): AddressSeen[] {
  const { family, as, ip, sight, outside = OUTSIDE[as] } = of;
  const local = formatSocketAddr({ family, ip, port: 1 });
  const outer = sight === 'balancer' ? BALANCERS[as] : outside;
  const observed = (port: number) =>
    sight === 'own' ? local : formatSocketAddr({ family: as, ip: outer, port });
  const base = { family, local, by, destinationPort: by === 'quic' ? DEFAULT_RELAY_QUIC_PORT : 3478 };
  const [here, there] = PLACES[family];
  const first = { ...base, destinationIp: here, observed: observed(2) };
  if (sight === 'one') return [first];
  if (sight === 'equal' || sight === 'own' || sight === 'balancer')
    return [first, { ...first, destinationIp: there }];
  const again = sight === 'changed' ? observed(4) : first.observed;
  return [
    { ...first, again },
    { ...first, destinationIp: there, observed: observed(3) },
  ];
}

/** The source address of the answers so far; without any, the one that the kernel would pick. */
function sourceOf(family: Family, { records }: Known): string {
  const [answer] = seen(records, 'addresses').filter(({ part }) => part.family === family);
  if (answer !== undefined) return parseSocketAddr(answer.part.local).ip;
  const routes = seen(records, 'routes').filter(({ part }) => part.family === family);
  return routes.find(({ part }) => part.sourceIp !== null)?.part.sourceIp ?? OTHER_SOURCES[family];
}

function quicCases(family: Family, known: Known): Observation[] {
  const asked = known.relays.filter(({ quicPort }) => quicPort !== null);
  const quic = (reached: QuicReached, code?: string): QuicSeen[] =>
    asked.flatMap(({ url }) =>
      PLACES[family].map((destinationIp) => ({
        ...{ family, relayUrl: url, destinationIp, destinationPort: DEFAULT_RELAY_QUIC_PORT, reached },
        ...{ sent: 1, acknowledged: 1, lost: 0, spanMs: 300 },
        ...(code === undefined ? {} : { code }),
      })),
    );
  const kind = family === 4 ? 'ipv4' : 'ipv6';
  const latencies = asked.map(({ url }) => ({ relayUrl: url, kind, ms: FASTEST_MS }) as const);
  const alone = asked.flatMap(({ url: relayUrl }) =>
    speeds(known).map((ms) => ({ latencies: [{ relayUrl, kind, ms }], quic: quic('sustained') }) as const),
  );
  const told = views('quic', family, known).flatMap((addresses) =>
    (['sustained', 'established', 'stalled'] as const).map((reached) => ({
      addresses,
      latencies,
      quic: quic(reached),
    })),
  );
  const silences = asked.map(({ url, isQuicPortKnown }) => ({
    ...{ family, relayUrl: url, isKnown: isQuicPortKnown },
  }));
  const refusals = asked.map(({ url }) => ({ family, relayUrl: url, code: 'EPERM' }));
  return [
    { silences },
    ...told,
    ...alone,
    { refusals },
    { quic: quic('answered', 'QAD_TIMEOUT') },
    { quic: quic('answered', 'QAD_CERT_EXPIRED') },
    { quic: quic('established') },
  ];
}

/**
 * How full-size datagrams may go with the relays whose handshake came to its end. While those are not known, the cases of
 * the handshakes hold this as well.
 */
function exchangeCases(family: Family, { records }: Known): Observation[] {
  const discovery = records.filter((record) => record.probe === 'qad' && record.family === family);
  const open = seen(discovery, 'quic').filter(
    ({ part }) => part.reached === 'established' && part.code === undefined,
  );
  if (open.length === 0) return [];
  const went = (reached: QuicReached, lost: number): Observation => ({
    quic: open.map(({ part }) => ({ ...part, reached, sent: 8, acknowledged: 1, lost, spanMs: 300 })),
  });
  return [
    went('sustained', 0),
    went('stalled', 0),
    went('sustained', 2),
    went('stalled', 2),
    went('established', 2),
  ];
}

function stunCases(family: Family, known: Known): Observation[] {
  const answers = (result: 'answered' | 'silent') =>
    PLACES[family].map((ip) => ({ server: `${ip}:3478`, family, ip, result }));
  const told = views('stun', family, known).map((addresses) => ({ addresses, stun: answers('answered') }));
  return [...told, { stun: answers('silent') }, { stun: answers('answered') }];
}

function portMappingCases(protocol: PortMappingProtocol, { records }: Known): Observation[] {
  const gateways = [...new Set(seen(records, 'routes').flatMap(({ part }) => part.gateway ?? []))];
  const outer = seen(records, 'addresses').map(({ part }) => part.observed);
  const observed = outer.find((address) => !address.startsWith('['))?.replace(/:\d+$/, '');
  const offers = [undefined, observed ?? OUTSIDE[4], OUTSIDE[4], '10.77.77.77'];
  return (gateways.length === 0 ? [OTHER_SOURCES[4]] : gateways).flatMap((gateway) => [
    ...offers.map((externalIp) => ({
      portMappings: [
        { protocol, available: true, gateway, ...(externalIp === undefined ? {} : { externalIp }) },
      ],
    })),
    { portMappings: [{ protocol, available: false, gateway, refusal: 'NOT_AUTHORIZED' }] },
  ]);
}

/** Where an ordinary router of a peer may stand. */
const PEER_ADDRS = { 4: '9.9.9.10:50000', 6: '[2620:fe::a]:50000' } as const;

/**
 * A direct path to a peer behind an ordinary router, or to one that lets in strangers; a relayed connection to one that is
 * well, or not. Each through the relays, which then can be used, or through others that nobody asked about. A peer that
 * is not reached shows nothing.
 */
function peerCases({ relays }: Known): Observation[] {
  const peer = { peer: '', watchedMs: MAX_WATCHED_MS };
  const direct = ([4, 6] as const).flatMap((family) =>
    [false, true].map((letsInStrangers): Observation => {
      const remoteAddr = PEER_ADDRS[family];
      return {
        peers: [{ ...peer, reached: 'direct', family, remoteAddr, letsInStrangers }],
        paths: [{ remoteAddr, isRelay: false }],
      };
    }),
  );
  const relayed = [true, false].map(
    (isPeerWell): Observation => ({ peers: [{ ...peer, reached: 'relayed', isPeerWell }] }),
  );
  const access = relays.map(({ url }) => ({ relayUrl: url, stage: 'ready' }) as const);
  return [...direct, ...relayed].flatMap((seen) => [{ ...seen, access }, seen]);
}

/** Longer than any connection that ends before it is known to stay relayed. */
const MAX_WATCHED_MS = 6000;
