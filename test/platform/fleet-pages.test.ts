import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../../bench/support/random.js';
import { type EndpointQuery, grantState } from '../../lib/services/endpoint-query.js';
import { MemoryStore } from '../../lib/services/memory-store.js';
import { DEFAULT_PROJECT, type EndpointRecord } from '../../lib/services/records.js';
import type { Store } from '../../lib/services/store.js';
import type { EndpointId } from '../../lib/wire/index.js';
import { fleetSummary } from '../../platform/store/fleet-summary.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { openPostgres } from '../../platform/store/postgres-driver.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { madeUpId } from '../support/ids.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { refOf, sampleReport } from './stage.js';

const PLATFORM = madeUpId('f'.repeat(64));
const KEY = madeUpId('c'.repeat(64));
const NOW = 1_800_000_000;
const COUNT = 150;

/** What endpoints call themselves, when they want to. */
const NAMES = [
  'api',
  'API-2',
  '100%',
  '100',
  'a_b',
  'axb',
  'back\\slash',
  "O'Brien; DROP TABLE endpoints",
  '<img src=x onerror=alert(1)>',
  '\u202egnp.exe',
  '👩‍👩‍👧‍👦'.repeat(5),
  'Ærø ÆRØ',
  'İstanbul',
  'ſ',
  'ꙮ',
  'name with  spaces',
  '{"a":1}',
];

const DATABASES: [string, () => Promise<SqlDatabase>, boolean][] = [
  ['SQLite', () => openLibsql(':memory:'), true],
  ['PostgreSQL', async () => openPostgres(await freshDatabase()), postgresAvailable()],
];

describe.each(DATABASES)('a fleet in %s', (_, open, isAvailable) => {
  describe.runIf(isAvailable)('beside one in memory', () => {
    const memory = new MemoryStore();
    let sql: SqlStore;
    let database: SqlDatabase;
    let ids: EndpointId[];

    beforeAll(async () => {
      database = await open();
      sql = await SqlStore.open(database);
      const random = randomFrom('fleet pages');
      ids = Array.from({ length: COUNT }, () =>
        madeUpId(Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')),
      );
      for (const store of [memory, sql]) await fill(store, ids);
    });
    afterAll(async () => {
      await sql?.close();
    });

    const pages = async (store: Store, query: Partial<EndpointQuery>) => {
      const found: EndpointRecord[] = [];
      const sizes: number[] = [];
      for (let after: string | undefined; ; ) {
        const page = await store.endpoints({ project: DEFAULT_PROJECT, ...query, after }, NOW);
        found.push(...page.endpoints);
        sizes.push(page.endpoints.length);
        if (page.next === null) return { found, sizes };
        after = page.next;
      }
    };

    it.each(queries())('has the same endpoints, in the same order, page by page: %j', async (query) => {
      const [expected, answered] = [await pages(memory, query), await pages(sql, query)];
      expect(answered).toEqual(expected);
    });

    it('finds each endpoint by its own name, whatever is in it', async () => {
      for (const name of NAMES) {
        const found = await pages(sql, { search: name });
        expect(found.found.map((endpoint) => endpoint.name)).toContain(name);
        const isSame = (endpoint: EndpointRecord) =>
          endpoint.name?.toLowerCase().includes(name.toLowerCase()) === true;
        expect(found.found.filter((endpoint) => !isSame(endpoint))).toEqual([]);
      }
    });

    it('is counted as it is listed', async () => {
      const { found } = await pages(memory, { limit: 500 });
      const count = (is: (record: EndpointRecord) => boolean) => found.filter(is).length;
      const summary = await fleetSummary(database.tables, DEFAULT_PROJECT, NOW);
      expect(summary).toMatchObject({
        total: COUNT,
        online: count(({ isOnline }) => isOnline),
        levels: {
          green: count(({ latestReport }) => latestReport?.facts.level === 'green'),
          orange: count(({ latestReport }) => latestReport?.facts.level === 'orange'),
          red: count(({ latestReport }) => latestReport?.facts.level === 'red'),
          grey: count(({ latestReport }) => latestReport?.facts.level === 'grey'),
          none: count(({ latestReport }) => latestReport === null),
        },
        natTypes: {
          'Endpoint-Independent': count(
            ({ latestReport }) => latestReport?.facts.natType === 'Endpoint-Independent',
          ),
          'Endpoint-Dependent': count(
            ({ latestReport }) => latestReport?.facts.natType === 'Endpoint-Dependent',
          ),
          Unknown: count(({ latestReport }) => latestReport?.facts.natType === 'Unknown'),
        },
        grants: {
          granted: count((record) => grantState(record, NOW) === 'granted'),
          expired: count((record) => grantState(record, NOW) === 'expired'),
          none: count((record) => grantState(record, NOW) === 'none'),
        },
      });
      for (const { value, count: many } of summary.groups)
        expect([value, many]).toEqual([value, count(({ group }) => group === value)]);
      for (const { value, count: many } of summary.versions)
        expect([value, many]).toEqual([
          value,
          count(({ latestReport }) => latestReport?.facts.irohVersion === value),
        ]);
      const sizes = summary.groups.map(({ count: many }) => many);
      expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
      expect(await fleetSummary(database.tables, 'none', NOW)).toMatchObject({
        total: 0,
        online: 0,
        groups: [],
      });
    });
  });
});

function queries(): Partial<EndpointQuery>[] {
  const random = randomFrom('fleet queries');
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length * 2)];
  const searches = [
    '',
    'a',
    'A',
    '%',
    '_',
    '\\',
    "'",
    '00',
    '100%',
    'a_b',
    '\u202e',
    '👩',
    'æ',
    'i̇',
    'ı',
    ' ',
    '\\%',
    '00 A',
    '% a',
  ];
  const some = Array.from({ length: 60 }, () => ({
    search: pick(searches),
    group: pick(['g0', 'g1', 'g%']),
    attributes: random() < 0.3 ? { tier: pick(['a', 'b']) ?? '' } : undefined,
    level: pick(['green', 'orange', 'red', 'grey', 'none'] as const),
    natType: pick(['Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'] as const),
    version: pick(['1.0.0', '2.0.0']),
    isOnline: pick([true, false]),
    grant: pick(['granted', 'expired', 'none'] as const),
    sort: pick(['recent', 'name'] as const),
    limit: pick([1, 2, 7, 500]),
  }));
  return [
    {},
    { sort: 'name', limit: 7 },
    { limit: 1 },
    ...searches.map((search) => ({ search, limit: 3 })),
    ...some,
  ].map((query) => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)));
}

/** The same in each store. */
async function fill(store: Store, ids: readonly EndpointId[]): Promise<void> {
  await Promise.all(ids.map((id, index) => add(store, id, index)));
}

async function add(store: Store, id: EndpointId, index: number): Promise<void> {
  const random = randomFrom(`endpoint ${index}`);
  const ref = refOf(id);
  // Many at the same moment: then the id decides.
  const at = 1_700_000_000_000 + Math.floor(random() * 10);
  await store.authorise(ref, { issuer: KEY, expiresAt: null }, PLATFORM, at);
  const name = NAMES[index % (NAMES.length + 3)];
  if (name !== undefined) await store.nameEndpoint(ref, name);
  if (random() < 0.7) await store.groupEndpoint(ref, `g${Math.floor(random() ** 2 * 4)}`);
  if (random() < 0.7)
    await store.describeEndpoint(ref, { tier: random() < 0.5 ? 'a' : 'b', index: `${index}` });
  if (random() < 0.5) await store.sessionOpened(ref, PLATFORM, null, at);
  if (random() < 0.6) {
    const grant = {
      project: DEFAULT_PROJECT,
      endpointId: id,
      identity: PLATFORM,
      token: new Uint8Array(1),
    };
    const caps = random() < 0.8 ? ['net-diagnostics:get-any'] : ['metrics:put-any'];
    const expiresAt = random() < 0.3 ? null : NOW + Math.floor(random() * 3 - 1);
    await store.putGrant({ ...grant, caps, expiresAt, grantedAt: at });
  }
  if (random() < 0.8) {
    const sample = sampleReport(id);
    const varies = [true, false, null][Math.floor(random() * 3)] ?? null;
    const udp = random() < 0.8;
    const net = sample.netReport && {
      ...sample.netReport,
      ...{ udpV4: udp, udpV6: false, mappingVariesByDestIpv4: varies, mappingVariesByDestIpv6: null },
    };
    const report = {
      ...sample,
      netReport: random() < 0.1 ? null : net,
      irohVersion: random() < 0.5 ? '1.0.0' : random() < 0.5 ? '2.0.0' : '',
    };
    const head = {
      project: DEFAULT_PROJECT,
      id: `${index}`.padStart(20, '0'),
      endpointId: id,
      source: 'upload' as const,
    };
    await store.addReport({ ...head, receivedAt: at, durationMs: null, sighting: null, report }, 5);
  }
}
