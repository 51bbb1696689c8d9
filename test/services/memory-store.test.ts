import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { EndpointQuery } from '../../lib/services/endpoint-query.js';
import { MemoryStore } from '../../lib/services/memory-store.js';
import { DEFAULT_PROJECT, type EndpointRef } from '../../lib/services/records.js';
import type { Store } from '../../lib/services/store.js';
import type { Sighting } from '../../lib/services/witness/index.js';
import { openStore } from '../../platform/store/open-store.js';
import type { SqlStore } from '../../platform/store/sql-store.js';
import { sampleReport, sqlStore } from '../platform/stage.js';
import { madeUpId } from '../support/ids.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';

const ENDPOINTS: EndpointRef[] = ['a', 'b', 'c'].flatMap((digit) =>
  ['default', 'other'].map((project) => ({ project, id: madeUpId(digit.repeat(64)) })),
);
const PLATFORMS = ['8', '9'].map((digit) => madeUpId(digit.repeat(64)));
const KEYS = ['d', 'e'].map((digit) => madeUpId(digit.repeat(64)));
const SESSIONS = ['x', 'y', 'z'];
const CAPS = [['client'], ['all', 'relay:use'], ['net-diagnostics:get-any']];

/** What can be done to a store. `index`: how many were done before. */
type Change = (store: Store, index: number) => Promise<unknown>;

const endpoint = fc.constantFrom(...ENDPOINTS);
const platform = fc.constantFrom(...PLATFORMS);
const key = fc.constantFrom(...KEYS);
/** Few, so that records meet. */
const time = fc.nat(3);
const keep = fc.integer({ min: 1, max: 2 });
const sighting: fc.Arbitrary<Sighting | null> = fc.option(
  fc.record({
    path: fc.constantFrom('direct', 'relay'),
    address: fc.constantFrom(null, '192.0.2.1:60246', '192.0.2.1:1', '[2001:db8::1]:54782', 'odd'),
    relayPath: fc.option(fc.boolean()),
    relaysAreElsewhere: fc.boolean(),
    othersAreDirect: fc.boolean(),
  }),
);

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(endpoint, key, platform, time).map(
    ([ref, issuer, identity, at]): Change =>
      (store) =>
        store.authorise(ref, { issuer, expiresAt: at }, identity, at),
  ),
  fc.tuple(endpoint, fc.string()).map(
    ([id, name]): Change =>
      (store) =>
        store.nameEndpoint(id, name),
  ),
  fc.tuple(endpoint, fc.string()).map(
    ([id, group]): Change =>
      (store) =>
        store.groupEndpoint(id, group),
  ),
  fc.tuple(endpoint, fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })).map(
    ([id, attributes]): Change =>
      (store) =>
        store.describeEndpoint(id, attributes),
  ),
  fc.tuple(endpoint, platform, fc.boolean(), time).map(
    ([ref, identity, isKnown, at]): Change =>
      (store) =>
        store.sessionOpened(
          ref,
          identity,
          isKnown ? { id: ref.id, relayUrls: [], directAddrs: [] } : null,
          at,
        ),
  ),
  fc.tuple(endpoint, platform, time).map(
    ([ref, identity, at]): Change =>
      (store) =>
        store.sessionClosed(ref, identity, at),
  ),
  fc.tuple(endpoint, time).map(
    ([ref, at]): Change =>
      (store) =>
        store.identityShared(ref, at),
  ),
  endpoint.map(
    (ref): Change =>
      (store) =>
        store.movedTo(ref, { id: ref.id, relayUrls: ['https://relay.test/'], directAddrs: [] }),
  ),
  endpoint.map(
    (id): Change =>
      (store) =>
        store.forgetEndpoint(id),
  ),
  fc.tuple(endpoint, platform, fc.constantFrom(...CAPS), fc.option(time)).map(
    ([{ project, id: endpointId }, identity, caps, expiresAt]): Change =>
      (store, index) =>
        // No two at a time: their order is nobody's promise.
        store.putGrant({
          ...{ project, endpointId, identity, caps, expiresAt },
          ...{ token: Uint8Array.of(index), grantedAt: index },
        }),
  ),
  fc.tuple(endpoint, keep, fc.boolean(), fc.option(fc.boolean()), sighting).map(
    ([{ project, id: endpointId }, count, isFetched, varies, sighting]): Change =>
      (store, index) => {
        const circumstances = {
          source: isFetched ? 'dial-back' : 'upload',
          receivedAt: index,
          durationMs: null,
          sighting,
        } as const;
        const { netReport, ...rest } = sampleReport(endpointId);
        const measured = netReport === null ? null : { ...netReport, mappingVariesByDestIpv4: varies };
        const report = { ...rest, netReport: measured };
        // Ids that do not come in their order.
        return store.addReport(
          { project, id: `${(index * 7) % 64}`, endpointId, ...circumstances, report },
          count,
        );
      },
  ),
  fc.tuple(endpoint, fc.constantFrom(...SESSIONS), time, keep).map(
    ([{ project, id: endpointId }, sessionId, updatedAt, count]): Change =>
      (store) =>
        store.putMetrics(
          { project, endpointId, sessionId, schema: { items: [], help: null }, values: [], updatedAt },
          count,
        ),
  ),
  fc.tuple(endpoint, fc.constantFrom(...SESSIONS), time).map(
    ([{ project, id: endpointId }, sessionId, updatedAt]): Change =>
      (store) =>
        store.putMetricValues({
          project,
          endpointId,
          sessionId,
          values: [{ type: 'gauge', value: -1n }],
          updatedAt,
        }),
  ),
  fc.tuple(key, time).map(
    ([keyId, at]): Change =>
      (store) =>
        store.revokeApiSecret(DEFAULT_PROJECT, keyId, at),
  ),
);

const query: fc.Arbitrary<EndpointQuery> = fc.record(
  {
    project: fc.constantFrom('default', 'other'),
    search: fc.constantFrom('a', 'A', '%', '_', '\\', 'B', 'b a', ' a  % '),
    group: fc.string({ maxLength: 1 }),
    attributes: fc.dictionary(fc.string({ maxLength: 1 }), fc.string({ maxLength: 1 }), { maxKeys: 1 }),
    level: fc.constantFrom('green', 'orange', 'grey', 'none'),
    natType: fc.constantFrom('Endpoint-Independent', 'Endpoint-Dependent', 'Unknown'),
    version: fc.constantFrom('1.0.0', '2'),
    isOnline: fc.boolean(),
    grant: fc.constantFrom('granted', 'expired', 'none'),
    sort: fc.constantFrom('recent', 'name'),
    limit: fc.integer({ min: 1, max: 3 }),
  },
  { requiredKeys: ['project'] },
);

/** All pages of a query. */
async function pagesOf(store: Store, asked: EndpointQuery): Promise<unknown[]> {
  const pages: unknown[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.endpoints({ ...asked, after }, 2);
    pages.push(page);
    if (page.next === null) return pages;
    after = page.next;
  }
}

/** All that a store can be asked. */
async function everything(store: Store, queries: readonly EndpointQuery[]): Promise<unknown> {
  const ofEach = ENDPOINTS.map(async (ref) => [
    await store.endpoint(ref),
    await store.lastAuthorisation(ref.id),
    await Promise.all(PLATFORMS.map((identity) => store.grants(ref, identity))),
    await store.reports(ref, { limit: 2 }),
    await store.metricsSessions(ref),
    await store.reportSummaries(ref, { limit: 2, before: '5' }),
    await store.metricTypes(ref, 'x'),
  ]);
  return [
    await Promise.all(ofEach),
    await Promise.all(queries.map((asked) => pagesOf(store, asked))),
    await store.apiSecrets(DEFAULT_PROJECT),
    await Promise.all(KEYS.map((keyId) => store.countEndpoints(keyId))),
    await Promise.all(KEYS.map((keyId) => store.oldestOffline(keyId))),
    await store.report('other', '7'),
  ];
}

/** Each prepares to give stores without anything in them; how often they may be asked for. */
const KINDS: {
  database: string;
  numRuns: number;
  tags: string[];
  prepare(): Promise<() => Promise<SqlStore>>;
}[] = [{ database: 'SQLite', numRuns: 150, tags: [], prepare: async () => sqlStore }];
if (postgresAvailable()) {
  const prepare = async () => {
    // A try that took too long goes on in the background: the next one has a database of its own.
    const url = await freshDatabase();
    return async () => {
      const store = await openStore(url);
      await store.write(async (tables) => {
        await sql`TRUNCATE endpoints, api_secrets, metric_schemas CASCADE`.execute(tables);
        await sql`DELETE FROM projects WHERE id <> 'default'`.execute(tables);
      });
      return store;
    };
  };
  KINDS.push({ database: 'PostgreSQL', numRuns: 20, tags: ['slow'], prepare });
}

describe.each(KINDS)('the store in memory', ({ database, numRuns, tags, prepare }) => {
  it(`is not told from ${database} by anything that a platform does`, {
    tags,
    timeout: 120_000,
  }, async () => {
    const emptyStore = await prepare();
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { maxLength: 40 }),
        fc.array(query, { maxLength: 4 }),
        async (changes, queries) => {
          const other = await emptyStore();
          await other.write((tables) =>
            tables.insertInto('projects').values({ id: 'other', name: 'Other', created_at: 0 }).execute(),
          );
          const stores = [new MemoryStore(), other];
          for (const store of stores) {
            for (const [index, keyId] of KEYS.entries())
              await store.addApiSecret({
                ...{ project: DEFAULT_PROJECT, keyId, identity: PLATFORMS[0] ?? keyId, label: 'test' },
                ...{ createdAt: index % 2, revokedAt: null },
              });
          }
          for (const [index, apply] of changes.entries()) {
            const outcomes = stores.map((store) =>
              apply(store, index).catch((error: { code?: string }) => error.code),
            );
            const [mine, theirs] = await Promise.all(outcomes);
            expect(mine).toEqual(theirs);
          }
          const [mine, theirs] = await Promise.all(stores.map((store) => everything(store, queries)));
          expect(mine).toEqual(theirs);
          await Promise.all(stores.map((store) => store.close()));
        },
      ),
      { numRuns },
    );
  });
});
