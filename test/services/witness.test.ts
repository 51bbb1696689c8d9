import { describe, expect, it } from 'vitest';
import { RelayPlaces } from '../../lib/services/witness/relay-places.js';
import { SessionSearch } from '../../lib/services/witness/session-search.js';
import { Witness, type WitnessedSessions } from '../../lib/services/witness/witness.js';
import type { CloseReason, Connection, PathInfo } from '../../lib/transport/index.js';
import {
  type DiagnosticsReport,
  type EndpointId,
  parseSocketAddr,
  relayFromUrl,
} from '../../lib/wire/index.js';
import { sampleReport } from '../platform/stage.js';
import { settle } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';

const [APP, OTHER, SECRET] = ['a', 'b', 'c'].map((digit) => madeUpId(digit.repeat(64))) as [
  EndpointId,
  EndpointId,
  EndpointId,
];
const RELAY = 'https://relay.test/';
/** Where the platform stands. */
const [OWN, OWN_V6] = ['203.0.113.1:7777', '[2001:db8:1::1]:7777'];
const LONG_MS = 60_000;

/** In a test the documentation ranges play the Internet. */
const isPublic = (ip: string) => /^(203\.0\.113\.|198\.51\.100\.|2001:db8:)/.test(ip);

/** A connection with these paths; the first is selected. */
class FakeConnection {
  closeReason: CloseReason | null = null;
  readonly remoteId: EndpointId;
  readonly addrs: string[];
  looks = 0;

  constructor(remoteId: EndpointId, ...addrs: string[]) {
    this.remoteId = remoteId;
    this.addrs = addrs;
  }

  paths(): PathInfo[] {
    this.looks += 1;
    if (this.closeReason !== null) throw new Error('a closed connection has no paths');
    return this.addrs.map((remoteAddr, index) => {
      const isRelay = remoteAddr.startsWith('https:');
      return { remoteAddr, isRelay, isSelected: index === 0, rttMs: 1 };
    });
  }

  directs(): string[] {
    return this.paths().flatMap(({ isRelay, remoteAddr }) => (isRelay ? [] : [remoteAddr]));
  }
}

interface Scene {
  /** Of the dial-back. */
  paths: string[];
  /** Of the app's session; `null`: it has none. */
  session?: string[] | null;
  ageMs?: number;
  /** Of the sessions of others, which have the app's API secret. */
  others?: string[][];
  /** Whose secret the app has. */
  issuer?: EndpointId;
  /** Of the platform. */
  own?: string[];
  bound?: string[];
  relays?: string[];
  ips?: Record<string, string[]>;
  report?: Partial<DiagnosticsReport>;
}

/** An app of IPv4 alone that was told its address by one relay. */
const APP_REPORT: DiagnosticsReport = {
  ...sampleReport(APP),
  netReport: {
    ...{ udpV4: true, udpV6: false, mappingVariesByDestIpv4: null, mappingVariesByDestIpv6: null },
    relayLatency: { ipv4: [{ relayUrl: RELAY, latencyMs: 9 }], ipv6: [], https: [] },
    ...{ preferredRelay: null, globalV4: null, globalV6: null, captivePortal: null },
  },
  directAddrs: [parseSocketAddr('192.168.1.5:4000')],
};

async function sightingOf({
  paths,
  session = paths,
  ageMs = LONG_MS,
  others = [],
  issuer = SECRET,
  own = [OWN],
  bound = own,
  relays = [RELAY],
  ips = { 'relay.test': ['203.0.113.9'] },
  report = {},
}: Scene) {
  const live = session === null ? null : (new FakeConnection(APP, ...session) as unknown as Connection);
  const sessions: WitnessedSessions = {
    connection: () => live,
    all: () => others.map((addrs) => new FakeConnection(OTHER, ...addrs) as unknown as Connection),
    ageMs: () => ageMs,
    issuerOf: (session) => (session === live ? issuer : SECRET),
  };
  const where = { id: OTHER, relayUrls: [], directAddrs: own.map(parseSocketAddr) };
  const places = new RelayPlaces({
    relays: () => relays.map(relayFromUrl),
    lookup: async (host) => ips[host] ?? [],
    ofN0: async () => [],
  });
  await places.refresh();
  const witness = new Witness({
    endpoint: {
      address: () => where,
      boundSockets: () => bound.map(parseSocketAddr),
      relays: () => relays.map(relayFromUrl),
    },
    address: () => where,
    ...{ sessions, isPublic, relays: places },
  });
  return witness.sighting(
    { ...APP_REPORT, ...report },
    new FakeConnection(APP, ...paths) as unknown as Connection,
  );
}

describe('what the platform sees of an app', () => {
  it('is the address of a direct path to the Internet', async () => {
    expect(await sightingOf({ paths: ['198.51.100.5:4000', RELAY] })).toEqual({
      ...{ path: 'direct', address: '198.51.100.5:4000', relayPath: true },
      ...{ relaysAreElsewhere: true, othersAreDirect: false },
    });
    // A socket of both families shows IPv4 like this.
    const mapped = await sightingOf({ paths: ['[::ffff:198.51.100.5]:4000'] });
    expect(mapped?.address).toBe('198.51.100.5:4000');
  });

  it('is the path of its session where the young connection of the dial-back has none yet', async () => {
    const seen = await sightingOf({ paths: [RELAY], session: ['198.51.100.5:4000'], ageMs: 1 });
    expect(seen).toMatchObject({ path: 'direct', address: '198.51.100.5:4000' });
  });

  it.each([
    ['a private path', { paths: ['192.168.1.5:4000'] }],
    ["a path from the platform's own address", { paths: ['203.0.113.1:4000'] }],
    [
      "a path within the platform's own IPv6 network",
      { paths: ['[2001:db8:1::5]:4000'], own: [OWN, OWN_V6] },
    ],
    ['a young session that still goes through a relay', { paths: [RELAY], ageMs: 9_000 }],
    ['no session', { paths: [RELAY], session: null }],
    ['a direct path that is there and not used', { paths: [RELAY, '198.51.100.5:4000'] }],
    ['no path at all', { paths: [] }],
    ['a path of another kind', { paths: ['bluetooth:00-11'] }],
  ] satisfies [string, Scene][])('is nothing for %s', async (_name, scene) => {
    expect(await sightingOf(scene)).toBeNull();
  });
});

describe('a path whose address nobody can read', () => {
  it('is none: of the app, and of others, whose paths fail no dial-back of the app', async () => {
    expect(await sightingOf({ paths: ['custom:xyz'] })).toBeNull();
    const among = await sightingOf({ paths: ['198.51.100.7:4000'], others: [['custom:xyz']] });
    expect(among).toMatchObject({ path: 'direct', othersAreDirect: false });
  });
});

describe('that the relays stand elsewhere', () => {
  const paths = ['198.51.100.5:4000'];

  it.each([
    ['the relay stands at the platform', { paths, ips: { 'relay.test': ['203.0.113.9', '203.0.113.1'] } }],
    ['its name is not known', { paths, ips: {} }],
    ['its name has an address of the other family alone', { paths, ips: { 'relay.test': ['2001:db8::9'] } }],
    ['it is none of the settings', { paths, relays: [] }],
    ["the platform's own public address is not known", { paths, own: ['10.0.0.5:7777'] }],
  ] satisfies [string, Scene][])('is not known when %s', async (_name, scene) => {
    expect(await sightingOf(scene)).toMatchObject({ path: 'direct', relaysAreElsewhere: false });
  });

  it('is not known when no relay told the address, or one of two is not known', async () => {
    const net = APP_REPORT.netReport;
    if (net === null) throw new Error('it has one');
    const of = (...urls: string[]) => ({
      netReport: {
        ...net,
        relayLatency: { ...net.relayLatency, ipv4: urls.map((relayUrl) => ({ relayUrl, latencyMs: 1 })) },
      },
    });
    const told = async (...urls: string[]) =>
      (await sightingOf({ paths, report: of(...urls) }))?.relaysAreElsewhere;
    expect([await told(), await told(RELAY), await told(RELAY, 'https://other.test/')]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

describe('that no path leads through a relay', () => {
  const paths = ['198.51.100.5:4000'];
  const others = [[RELAY, '198.51.100.7:1']];

  it('is said where another session of the same secret has one', async () => {
    expect(await sightingOf({ paths, others })).toMatchObject({ path: 'direct', relayPath: false });
    expect(await sightingOf({ paths, session: [...paths, RELAY], others })).toMatchObject({
      relayPath: true,
    });
  });

  it.each([
    ['no other session has one: the secret may name no relay', { paths, others: [['198.51.100.7:1']] }],
    ['others have another secret', { paths, others, issuer: OTHER }],
    ['the session is young', { paths, others, ageMs: 4_000 }],
    ["the app's relays are its own", { paths, others, relays: ['https://own.test/'] }],
    ['there is no session', { paths, others, session: null }],
  ] satisfies [string, Scene][])('is not known where %s', async (_name, scene) => {
    expect(await sightingOf(scene)).toMatchObject({ path: 'direct', relayPath: null });
  });
});

describe('that others are direct', () => {
  const paths = [RELAY];
  const others = [['198.51.100.7:1', RELAY]];
  const v6 = [parseSocketAddr('[2001:db8:9::5]:4000')];

  it('is so where another endpoint has a direct session', async () => {
    expect(await sightingOf({ paths, others })).toEqual({
      ...{ path: 'relay', address: null, relayPath: true },
      ...{ relaysAreElsewhere: false, othersAreDirect: true },
    });
  });

  it.each([
    ['nobody else is there', { paths }],
    ['others are relayed, too', { paths, others: [[RELAY]] }],
    ['others are in its own network', { paths, others: [['192.168.1.7:1']] }],
    ['others may be within the same border', { paths, others: [['203.0.113.200:1']] }],
    [
      "the other has the app's own address",
      { paths, others, report: { directAddrs: [parseSocketAddr('198.51.100.7:9')] } },
    ],
    [
      'they are by IPv6, and the app has IPv4',
      { paths, others: [['[2001:db8:9::7]:1']], own: [OWN, OWN_V6] },
    ],
    [
      'they are by IPv4, and the app has IPv6, too, where the platform may be closed',
      { paths, others, report: { directAddrs: v6 } },
    ],
    ['the platform stands behind a NAT that changes its port', { paths, others, bound: ['0.0.0.0:8888'] }],
    ["the platform's own public address is not known", { paths, others, own: [] }],
    [
      'the app has no address at all: its UDP may be switched off',
      { paths, others, report: { netReport: null, directAddrs: [] } },
    ],
  ] satisfies [string, Scene][])('is not said when %s', async (_name, scene) => {
    expect(await sightingOf(scene)).toMatchObject({ path: 'relay', othersAreDirect: false });
  });
});

describe('the search for sessions of a kind', () => {
  const among = (sessions: readonly FakeConnection[]) =>
    new SessionSearch<FakeConnection, string>({
      sessions: () => sessions,
      see: (session) => (session.closeReason === null ? session.directs() : []),
    });
  const any = () => true;

  it('looks at a few of thousands, and remembers whom it found', () => {
    const sessions = Array.from({ length: 5_000 }, () => new FakeConnection(OTHER, RELAY));
    sessions[3_000]?.addrs.push('198.51.100.7:1');
    const search = among(sessions);
    const looks = () => sessions.reduce((sum, session) => sum + session.looks, 0);
    let answers = 0;
    for (let before = 0; !search.some(any); before = looks(), answers += 1)
      expect(looks() - before).toBeLessThanOrEqual(100);
    expect(answers).toBeLessThan(100);
    const before = looks();
    expect(search.some(any)).toBe(true);
    expect(looks() - before).toBe(1);
  });

  it('looks at each once where there are few, and holds few', () => {
    const sessions = Array.from({ length: 40 }, () => new FakeConnection(OTHER, '198.51.100.7:1'));
    const search = among(sessions);
    const looks = () => sessions.reduce((sum, session) => sum + session.looks, 0);
    expect(search.some(() => false)).toBe(false);
    expect(looks()).toBe(40);
    // Those that are remembered, and all of them once more.
    expect(search.some(() => false)).toBe(false);
    expect(looks()).toBeLessThanOrEqual(40 + 16 + 40);
  });

  it('forgets who is gone or is of the kind no more', () => {
    const [peer, me] = [
      new FakeConnection(OTHER, '198.51.100.7:1'),
      new FakeConnection(APP, '198.51.100.8:1'),
    ];
    const search = among([peer, me]);
    const isOther = ({ remoteId }: FakeConnection) => remoteId === OTHER;
    expect(search.some(isOther)).toBe(true);
    expect(search.some((session, addr) => isOther(session) && addr === '198.51.100.9:1')).toBe(false);
    peer.addrs[0] = RELAY;
    expect(search.some(isOther)).toBe(false);
    peer.addrs[0] = '198.51.100.7:1';
    expect(search.some(isOther)).toBe(true);
    peer.closeReason = { by: 'peer', code: 0, reason: '' };
    expect(search.some(isOther)).toBe(false);
  });
});

describe('where relays stand', () => {
  const own = new Set(['203.0.113.1']);

  it('is asked of names in the settings alone, one after the other, and not again and again', async () => {
    const asked: string[] = [];
    let open = 0;
    const places = new RelayPlaces({
      relays: () => [RELAY, 'https://b.test/', 'https://n0.test/', 'https://203.0.113.9/'].map(relayFromUrl),
      ofN0: async () => [relayFromUrl('https://n0.test/')],
      lookup: async (host) => {
        asked.push(host);
        open += 1;
        expect(open).toBe(1);
        await settle();
        open -= 1;
        if (host === 'b.test') throw new Error('no such name');
        return ['::ffff:203.0.113.9'];
      },
    });
    expect(places.standsApart(RELAY, 4, own)).toBe(false);
    for (let round = 0; round < 3; round += 1) await Promise.all([places.refresh(), places.refresh()]);
    expect(asked).toEqual(['relay.test', 'b.test']);
    const known = [RELAY, 'https://b.test/', 'https://n0.test/', 'https://203.0.113.9/', 'https://x.test/'];
    expect(known.map((url) => places.standsApart(url, 4, own))).toEqual([true, false, true, true, false]);
    expect(places.standsApart(RELAY, 4, new Set(['203.0.113.9']))).toBe(false);
  });

  it('asks no more once it is closed', async () => {
    const asked: string[] = [];
    const places = new RelayPlaces({
      relays: () => [RELAY, 'https://b.test/'].map(relayFromUrl),
      ofN0: async () => [],
      lookup: async (host) => {
        asked.push(host);
        places.close();
        return [];
      },
    });
    await places.refresh();
    expect(asked).toEqual(['relay.test']);
  });
});
