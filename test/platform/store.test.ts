import { createHook } from 'node:async_hooks';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CompiledQuery, type Kysely, sql } from 'kysely';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryStore } from '../../lib/services/memory-store.js';
import { DEFAULT_PROJECT } from '../../lib/services/records.js';
import { reportFacts } from '../../lib/services/report-facts.js';
import { takeMetrics } from '../../lib/services/sessions/metrics-intake.js';
import type { Store } from '../../lib/services/store.js';
import type { MetricsSchema, MetricValue } from '../../lib/wire/index.js';
import { dropReports } from '../../platform/store/drop.js';
import { openLibsql } from '../../platform/store/libsql-driver.js';
import { MIGRATIONS, MigrationSql } from '../../platform/store/migrations/index.js';
import { IN_MEMORY, openStore } from '../../platform/store/open-store.js';
import { FACT_COLUMNS, SIGHTING_COLUMNS } from '../../platform/store/rows.js';
import type { SqlDatabase } from '../../platform/store/sql-database.js';
import { SqlStore } from '../../platform/store/sql-store.js';
import { runChild, startChild } from '../support/child.js';
import { madeUpId } from '../support/ids.js';
import { freshDatabase, postgresAvailable } from '../support/postgres.js';
import { refOf, Stage, sampleReport } from './stage.js';

const stage = new Stage();
afterEach(() => stage.close());

const [A, B, KEY] = [madeUpId('a'.repeat(64)), madeUpId('b'.repeat(64)), madeUpId('c'.repeat(64))];
const PLATFORM = madeUpId('f'.repeat(64));
const [RA, RB] = [refOf(A), refOf(B)];
const ALL = { project: DEFAULT_PROJECT };
const report = (id: string, endpointId = A) =>
  ({
    project: DEFAULT_PROJECT,
    id,
    endpointId,
    source: 'upload',
    receivedAt: 1,
    durationMs: null,
    sighting: null,
    report: sampleReport(endpointId),
  }) as const;

/** Tells the database itself, past the store. */
const say = (database: SqlDatabase, sql: string, ...parameters: string[]) =>
  database.tables.executeQuery(CompiledQuery.raw(sql, parameters));

/** Each gives a function that opens the same store each time. */
const KINDS: [string, () => Promise<() => Promise<Store>>][] = [
  [
    'in a file',
    async () => {
      const folder = await stage.folder();
      return () => openStore(folder);
    },
  ],
  [
    'in memory',
    async () => {
      const store = new MemoryStore();
      return async () => store;
    },
  ],
];
if (postgresAvailable()) {
  KINDS.push([
    'in PostgreSQL',
    async () => {
      const url = await freshDatabase();
      return () => openStore(url);
    },
  ]);
}

describe.each(KINDS)('the store %s', (_, makeStore) => {
  const storeWithEndpoint = async () => {
    const store = await (await makeStore())();
    await store.authorise(refOf(A), { issuer: KEY, expiresAt: 5 }, PLATFORM, 100);
    return store;
  };

  it('gives back what was put in, after it was closed and opened again', async () => {
    const open = await makeStore();
    const grant = {
      project: DEFAULT_PROJECT,
      endpointId: A,
      identity: PLATFORM,
      caps: ['client', 'relay:use'],
      token: Uint8Array.of(0, 1, 255),
      expiresAt: null,
      grantedAt: 9,
    };
    const address = {
      id: A,
      relayUrls: ['https://relay.test/'],
      directAddrs: [{ family: 4 as const, ip: '127.0.0.1', port: 7 }],
    };
    const attributes = Object.fromEntries([
      ['région', 'eü'],
      ['__proto__', ''],
    ]);
    const metrics = {
      project: DEFAULT_PROJECT,
      endpointId: A,
      sessionId: '0f',
      schema: { items: [{ type: 'histogram' as const, name: 'h', prefixes: ['p'], labels: [] }], help: null },
      values: [
        {
          type: 'histogram' as const,
          buckets: [
            [0.5, 2n ** 64n - 1n],
            [Number.POSITIVE_INFINITY, 3n],
          ] as [number, bigint][],
          sum: Number.NaN,
          count: 3n,
        },
      ],
      updatedAt: 4,
    };
    const first = await open();
    const secret = {
      project: DEFAULT_PROJECT,
      keyId: KEY,
      identity: PLATFORM,
      label: "it's",
      createdAt: 1,
      revokedAt: null,
    };
    await first.addApiSecret(secret);
    await first.authorise(RA, { issuer: KEY, expiresAt: null }, PLATFORM, 100);
    await first.nameEndpoint(RA, 'näme');
    await first.groupEndpoint(RA, "o'staging");
    await first.describeEndpoint(RA, { gone: 'x' });
    await first.describeEndpoint(RA, attributes);
    await first.sessionOpened(RA, PLATFORM, address, 200);
    await first.sessionOpened(RA, PLATFORM, null, 250);
    await first.identityShared(RA, 260);
    await first.sessionClosed(RA, KEY, 299);
    expect(await first.endpoint(RA), 'its session is with another identity').toMatchObject({
      isOnline: true,
    });
    await first.authorise(RA, { issuer: KEY, expiresAt: null }, KEY, 255);
    expect(await first.endpoint(RA), 'its session with that one begins later').toMatchObject({
      identity: PLATFORM,
    });
    await first.sessionClosed(RA, PLATFORM, 300);
    await first.putGrant(grant);
    await first.addReport(report('01'), 5);
    await first.putMetrics(metrics, 2);
    await first.close();

    const second = await open();
    expect(await second.apiSecret(KEY)).toEqual(secret);
    expect(await second.apiSecrets(DEFAULT_PROJECT)).toEqual([secret]);
    expect(await second.lastAuthorisation(A)).toEqual({
      project: DEFAULT_PROJECT,
      issuer: KEY,
      expiresAt: null,
    });
    expect(await second.endpoint(RA)).toEqual({
      ...RA,
      identity: PLATFORM,
      name: 'näme',
      group: "o'staging",
      attributes,
      authorisation: { issuer: KEY, expiresAt: null },
      firstSeenAt: 100,
      lastSeenAt: 300,
      isOnline: false,
      address,
      sharedIdentityAt: 260,
      grant: { caps: grant.caps, expiresAt: null, grantedAt: 9 },
      latestReport: {
        ...{ project: DEFAULT_PROJECT, id: '01', endpointId: A },
        ...{ source: 'upload', receivedAt: 1, durationMs: null, sighting: null },
        facts: reportFacts(sampleReport(A), null),
      },
    });
    expect(await second.grants(RA, PLATFORM)).toEqual([grant]);
    expect(await second.grants(RA, KEY)).toEqual([]);
    expect(await second.report(DEFAULT_PROJECT, '01')).toEqual(report('01'));
    expect(await second.metricsSessions(RA)).toEqual([metrics]);
    await second.close();
  });

  it('keeps what the platform saw, beside the report and its endpoint, until the report goes', async () => {
    const store = await storeWithEndpoint();
    const seen = (address: string, relayPath: boolean | null) => ({
      ...{ path: 'direct' as const, address, relayPath, relaysAreElsewhere: true, othersAreDirect: false },
    });
    const [first, last] = [seen('192.0.2.1:9', false), seen('[2001:db8::1]:54782', null)];
    const relayed = { ...first, path: 'relay' as const, address: null, relayPath: true };
    const sightings = { '02': first, '01': relayed, '03': last, '04': null };
    const endpointHas = async () => {
      const newest = (await store.endpoint(RA))?.latestReport;
      return newest === null ? null : [newest?.id, newest?.sighting, newest?.facts.natTypeBy];
    };
    const told: unknown[] = [];
    for (const [id, sighting] of Object.entries(sightings)) {
      await store.addReport({ ...report(id), sighting }, 9);
      told.push(await endpointHas());
    }
    expect(told).toEqual([
      ['02', first, 'report'],
      // An older one that comes late.
      ['02', first, 'report'],
      ['03', last, 'report'],
      ['04', null, 'report'],
    ]);
    expect((await store.reports(RA, { limit: 9 })).map(({ sighting }) => sighting)).toEqual([
      ...[null, last, first, relayed],
    ]);
    const summaries = await store.reportSummaries(RA, { limit: 9 });
    expect(summaries.map(({ sighting }) => sighting)).toEqual([null, last, first, relayed]);
    expect(summaries.map(({ facts }) => facts)).toEqual(
      [null, last, first, relayed].map((sighting) => reportFacts(sampleReport(A), sighting)),
    );
    await store.addReport({ ...report('05'), sighting: first }, 9);
    if (store instanceof SqlStore) {
      const { tables } = store;
      await dropReports(tables, { project: DEFAULT_PROJECT, endpointId: A });
      const kept = tables.selectFrom('endpoints').select([...FACT_COLUMNS, ...SIGHTING_COLUMNS]);
      expect(new Set(Object.values(await kept.executeTakeFirstOrThrow()))).toEqual(new Set([null]));
    }
    await store.close();
  });

  it('keeps whose word the NAT type is', async () => {
    const store = await storeWithEndpoint();
    const sighting = {
      ...{ path: 'direct' as const, address: '192.0.2.1:9', relayPath: true },
      ...{ relaysAreElsewhere: true, othersAreDirect: false },
    };
    const mine = { ...sampleReport(A), portmapProbe: { upnp: false, pcp: false, natPmp: false } };
    await store.addReport({ ...report('01'), sighting, report: mine }, 9);
    const by = { level: 'orange', natType: 'Endpoint-Dependent', natTypeBy: 'platform' };
    expect((await store.endpoint(RA))?.latestReport?.facts).toMatchObject(by);
    expect((await store.reportSummaries(RA, { limit: 9 }))[0]?.facts).toMatchObject(by);
    await store.close();
  });

  it('keeps the newest reports and metrics sessions of each endpoint', async () => {
    const store = await storeWithEndpoint();
    await store.authorise(refOf(B), { issuer: KEY, expiresAt: 5 }, PLATFORM, 50);
    await store.addReport(report('00', B), 2);
    for (const id of ['01', '02', '03']) await store.addReport(report(id), 2);
    const idsOf = async (page: { limit: number; before?: string }) =>
      (await store.reportSummaries(RA, page)).map(({ id }) => id);
    expect((await store.reports(RA, { limit: 10 })).map(({ id }) => id)).toEqual(['03', '02']);
    expect(await idsOf({ limit: 1 })).toEqual(['03']);
    expect(await idsOf({ limit: 9, before: '03' })).toEqual(['02']);
    expect(await idsOf({ limit: 9, before: '02' })).toEqual([]);
    const { endpoints } = await store.endpoints(ALL, 0);
    expect(endpoints.map(({ latestReport }) => latestReport?.id)).toEqual(['03', '00']);
    const session = {
      project: DEFAULT_PROJECT,
      endpointId: A,
      schema: { items: [], help: null },
      values: [],
    };
    for (const [index, sessionId] of ['x', 'y', 'z'].entries()) {
      await store.putMetrics({ ...session, sessionId, updatedAt: index }, 2);
    }
    expect((await store.metricsSessions(RA)).map(({ sessionId }) => sessionId)).toEqual(['z', 'y']);
    expect([await store.countEndpoints(KEY), await store.oldestOffline(KEY)]).toEqual([2, B]);
    await store.sessionOpened(RB, PLATFORM, null, 400);
    expect(await store.oldestOffline(KEY)).toBe(A);
    await store.sessionOpened(RA, PLATFORM, null, 400);
    expect(await store.oldestOffline(KEY)).toBeNull();
    await store.close();
  });

  it('shows the grant to the identity that the endpoint has its session with, and none to another', async () => {
    const store = await storeWithEndpoint();
    const other = madeUpId('e'.repeat(64));
    const granted = async () => {
      const [granted, none] = await Promise.all(
        (['granted', 'none'] as const).map((grant) => store.endpoints({ ...ALL, grant }, 0)),
      );
      const record = await store.endpoint(RA);
      return [record?.grant?.grantedAt ?? null, granted?.endpoints.length, none?.endpoints.length];
    };
    const grant = {
      ...{ project: DEFAULT_PROJECT, endpointId: A, identity: PLATFORM },
      ...{ caps: ['net-diagnostics:get-any'], token: Uint8Array.of(1), expiresAt: null, grantedAt: 1 },
    };
    await store.sessionOpened(RA, PLATFORM, null, 100);
    await store.putGrant(grant);
    expect(await granted()).toEqual([1, 1, 0]);
    // Its app got a secret that names another identity: that one cannot dial it back until it is granted, too.
    await store.sessionOpened(RA, other, null, 200);
    expect(await granted()).toEqual([null, 0, 1]);
    await store.putGrant({ ...grant, grantedAt: 2 });
    expect(await granted()).toEqual([null, 0, 1]);
    await store.putGrant({ ...grant, identity: other, expiresAt: 5, grantedAt: 3 });
    expect(await granted()).toEqual([3, 1, 0]);
    await store.sessionOpened(RA, PLATFORM, null, 300);
    expect(await granted()).toEqual([2, 1, 0]);
    await store.close();
  });

  it('replaces a grant of the same capabilities, and forgets an endpoint with all that is its own', async () => {
    const store = await storeWithEndpoint();
    const grant = {
      ...{ project: DEFAULT_PROJECT, endpointId: A, identity: PLATFORM },
      ...{ caps: ['client'], token: Uint8Array.of(1), expiresAt: 1, grantedAt: 1 },
    };
    await store.putGrant(grant);
    await store.putGrant({ ...grant, expiresAt: 2, grantedAt: 2 });
    await store.putGrant({ ...grant, caps: ['all'], grantedAt: 3 });
    expect(
      (await store.grants(RA, PLATFORM)).map(({ expiresAt, grantedAt }) => [expiresAt, grantedAt]),
    ).toEqual([
      [1, 3],
      [2, 2],
    ]);
    await store.addReport(report('01'), 5);
    expect((await store.endpoint(RA))?.grant).toMatchObject({ caps: ['client'], expiresAt: 2 });
    await store.forgetEndpoint(RA);
    expect(await store.endpoints(ALL, 0)).toEqual({ endpoints: [], next: null });
    expect(await store.grants(RA, PLATFORM)).toEqual([]);
    expect(await store.reports(RA, { limit: 9 })).toEqual([]);
    await store.close();
  });

  it('revokes a secret once', async () => {
    const store = await storeWithEndpoint();
    const named = { project: DEFAULT_PROJECT, keyId: KEY, identity: PLATFORM, label: '' };
    await store.addApiSecret({ ...named, createdAt: 1, revokedAt: null });
    const revoke = (project: string, at: number) => store.revokeApiSecret(project, KEY, at);
    expect(await revoke('other', 6)).toBe(false);
    expect([await revoke(DEFAULT_PROJECT, 7), await revoke(DEFAULT_PROJECT, 8)]).toEqual([true, false]);
    expect((await store.apiSecrets(DEFAULT_PROJECT))[0]?.revokedAt).toBe(7);
    expect(await store.apiSecrets('other')).toEqual([]);
    await store.close();
  });

  it('keeps nothing of an endpoint that it does not know', async () => {
    const store = await storeWithEndpoint();
    const grant = {
      ...{ project: DEFAULT_PROJECT, endpointId: B, identity: PLATFORM },
      ...{ caps: ['client'], token: Uint8Array.of(1), expiresAt: 1, grantedAt: 1 },
    };
    const metrics = {
      project: DEFAULT_PROJECT,
      endpointId: B,
      sessionId: 'x',
      schema: { items: [], help: null },
      values: [],
      updatedAt: 1,
    };
    for (const attempt of [
      store.putGrant(grant),
      store.addReport(report('01', B), 5),
      store.putMetrics(metrics, 2),
    ])
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_STORE' });
    await store.nameEndpoint(RB, 'nobody');
    await store.describeEndpoint(RB, { of: 'nobody' });
    await store.sessionOpened(RB, PLATFORM, null, 1);
    expect(await store.endpoint(RB)).toBeNull();
    expect(await store.lastAuthorisation(B)).toBeNull();
    await store.close();
  });

  it('does what is asked at one time as if it were asked one after another', async () => {
    const store = await storeWithEndpoint();
    const asked = [
      store.addReport(report('01'), 5),
      store.addReport(report('02', B), 5),
      store.nameEndpoint(RA, '1'),
      store.addReport(report('03'), 5),
      store.nameEndpoint(RA, '2'),
    ];
    const answers = await Promise.allSettled(asked);
    expect(answers.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    expect((await store.reports(RA, { limit: 9 })).map(({ id }) => id)).toEqual(['03', '01']);
    expect((await store.endpoint(RA))?.name).toBe('2');
    await store.close();
  });

  it('keeps what was asked before it was closed', async () => {
    const open = await makeStore();
    const store = await open();
    await store.authorise(RA, { issuer: KEY, expiresAt: 5 }, PLATFORM, 100);
    const asked = ['1', '2', '3'].map((name) => store.nameEndpoint(RA, name));
    await store.close();
    await Promise.all(asked);
    const again = await open();
    expect((await again.endpoint(RA))?.name).toBe('3');
    await again.close();
  });

  it('gives copies: what is done to them changes nothing', async () => {
    const store = await storeWithEndpoint();
    const mine = { ...report('01'), report: sampleReport(A) };
    await store.addReport(mine, 5);
    mine.report.directAddrs.length = 0;
    const [given] = await store.reports(RA, { limit: 1 });
    if (given !== undefined) given.report.directAddrs.length = 0;
    expect(await store.report(DEFAULT_PROJECT, '01')).toEqual(report('01'));
    await store.close();
  });
});

describe('the store in a file', () => {
  it('says ERR_STORE for a locked, a foreign, a newer and a closed store', async () => {
    const folder = await stage.folder();
    const store = await openStore(folder);
    await expect(openStore(folder)).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('another process has it open'),
    });
    await store.close();
    await store.close();
    await expect(store.endpoints(ALL, 0)).rejects.toMatchObject({ code: 'ERR_STORE' });

    const database = await openLibsql(join(folder, 'platform.db'));
    await say(database, 'INSERT INTO schema_version (version) VALUES (99)');
    await expect(SqlStore.open(database)).rejects.toMatchObject({
      message: expect.stringContaining('version 99'),
    });

    const foreign = await stage.folder();
    await writeFile(join(foreign, 'platform.db'), 'no database at all, but long enough to be looked at');
    await expect(openStore(foreign)).rejects.toMatchObject({ code: 'ERR_STORE' });
    await expect(openStore(join(foreign, 'missing'))).rejects.toMatchObject({ code: 'ERR_STORE' });
  });

  it('takes over a store of the first version with all that is in it', async () => {
    const database = await openLibsql(':memory:');
    await say(database, 'CREATE TABLE schema_version (version BIGINT NOT NULL)');
    await MIGRATIONS[0]?.(new MigrationSql(database.tables as unknown as Kysely<unknown>, 'sqlite'));
    await say(database, 'INSERT INTO schema_version (version) VALUES (1)');
    await say(
      database,
      'INSERT INTO endpoints (id, name, issuer, first_seen_at, last_seen_at) VALUES (?, ?, ?, 1, 2)',
      A,
      'old',
      KEY,
    );
    const store = await SqlStore.open(database);
    await store.adoptIdentity(PLATFORM);
    expect((await store.endpoints(ALL, 0)).endpoints).toMatchObject([
      { id: A, name: 'old', group: null, attributes: {}, latestReport: null, grant: null },
    ]);
    await store.groupEndpoint(RA, 'new');
    expect(await store.endpoint(RA)).toMatchObject({ group: 'new' });
    await store.close();
  });

  it('takes over a folder that was written with plain statements, before there was a query builder', async () => {
    const folder = await stage.folder();
    const packed = await readFile(new URL('stores/statements.db.gz', import.meta.url));
    await writeFile(join(folder, 'platform.db'), gunzipSync(packed));
    const store = await openStore(folder);
    expect(await store.setting('port')).toBe('7');
    await store.adoptIdentity(PLATFORM);
    const own = { project: DEFAULT_PROJECT, identity: PLATFORM };
    expect(await store.apiSecrets(DEFAULT_PROJECT)).toEqual([
      { ...own, keyId: B, label: '', createdAt: 2, revokedAt: 3 },
      { ...own, keyId: KEY, label: "it's", createdAt: 1, revokedAt: null },
    ]);
    expect((await store.endpoints(ALL, 0)).endpoints).toMatchObject([
      { id: B, name: null, group: null, attributes: {}, authorisation: { issuer: KEY, expiresAt: null } },
      { id: A, name: 'näme', group: 'staging', attributes: { région: 'eü' }, lastSeenAt: 200 },
    ]);
    const tagged = await store.endpoints({ ...ALL, attributes: { région: 'eü' }, search: 'NÄ' }, 0);
    expect(tagged.endpoints.map(({ id }) => id)).toEqual([A]);
    const found = async (search: string) =>
      (await store.endpoints({ ...ALL, search }, 0)).endpoints.map(({ id }) => id);
    expect(await found('ME nä')).toEqual([A]);
    expect(await found(`me ${A.slice(0, 5)}`)).toEqual([A]);
    expect(await found('me nobody')).toEqual([]);
    expect((await store.endpoint(RA))?.address).toEqual({
      id: A,
      relayUrls: ['https://relay.test/'],
      directAddrs: [],
    });
    expect(await store.grants(RA, PLATFORM)).toEqual([
      {
        ...own,
        endpointId: A,
        caps: ['client', 'relay:use'],
        token: Uint8Array.of(0, 1, 255),
        expiresAt: null,
        grantedAt: 9,
      },
    ]);
    expect(await store.reportSummaries(RA, { limit: 9 })).toMatchObject([
      { id: '02', durationMs: 4, facts: reportFacts(sampleReport(A), null) },
      { id: '01', durationMs: null, facts: reportFacts(sampleReport(A), null) },
    ]);
    expect((await store.endpoint(RA))?.latestReport).toMatchObject({ id: '02', durationMs: 4 });
    expect(await store.report(DEFAULT_PROJECT, '01')).toMatchObject({ report: { endpointId: A } });
    expect(await store.metricsSessions(RA)).toMatchObject([
      { sessionId: '0f', values: [{ type: 'counter', value: 2n ** 64n - 1n }] },
    ]);
    await store.addReport(report('03'), 2);
    expect((await store.reports(RA, { limit: 9 })).map(({ id }) => id)).toEqual(['03', '02']);
    await store.close();
  });

  it('wakes nobody but the next of the many who ask at one time', async () => {
    const store = await SqlStore.open(await openLibsql(IN_MEMORY));
    let promises = 0;
    const count = createHook({
      init() {
        promises += 1;
      },
    }).enable();
    const keys = Array.from({ length: 500 }, (_, index) => String(index));
    for (const key of keys) await store.setting(key);
    const oneByOne = promises;
    await Promise.all(keys.map((key) => store.setting(key)));
    count.disable();
    // Whoever is woken in vain awaits anew: of all by all that would be 125,000 promises.
    expect(promises - oneByOne).toBeLessThan(2 * oneByOne);
    await store.close();
  });

  it('reads no report for a list, and no schema for a push: both can be large', async () => {
    const database = await openLibsql(':memory:');
    const store = await SqlStore.open(database);
    await store.authorise(refOf(A), { issuer: KEY, expiresAt: 5 }, PLATFORM, 100);
    await store.addReport(report('01'), 2);
    const session = { project: DEFAULT_PROJECT, endpointId: A, sessionId: 'x', updatedAt: 1 };
    const schema: MetricsSchema = {
      items: [{ type: 'counter', name: 'n', prefixes: [], labels: [] }],
      help: null,
    };
    await store.putMetrics({ ...session, schema, values: [] }, 2);
    // Who reads them now fails.
    await say(database, "UPDATE reports SET report = '{'");
    await say(database, "UPDATE metric_schemas SET schema_json = '{'");
    const summary = { id: '01', source: 'upload', facts: { udpV4: true, mappingVariesByDestIpv6: null } };
    expect((await store.endpoints(ALL, 0)).endpoints).toMatchObject([{ latestReport: summary }]);
    expect(await store.reportSummaries(RA, { limit: 2 })).toMatchObject([summary]);
    const push = (value: MetricValue) =>
      takeMetrics(store, {
        ref: RA,
        sessionId: new Uint8Array(Buffer.from('ab', 'hex')),
        update: { schema: null, values: [value] },
        receivedAt: 2,
      });
    await say(database, "UPDATE metrics SET session_id = 'ab'");
    expect(await push({ type: 'counter', value: 1n })).toBeNull();
    expect(await push({ type: 'gauge', value: 1n })).toContain('do not fit');
    await store.close();
  });

  it('lists the other rows when one is damaged, and says so to who asks for that one', async () => {
    const database = await openLibsql(':memory:');
    const store = await SqlStore.open(database);
    for (const id of [A, B]) {
      await store.authorise(refOf(id), { issuer: KEY, expiresAt: 5 }, PLATFORM, 100);
      await store.addReport(report(id.slice(0, 1), id), 2);
    }
    await say(database, "UPDATE endpoints SET address = '{' WHERE id = ?", A);
    await say(database, "UPDATE reports SET received_at = 'x' WHERE endpoint_id = ?", A);
    expect((await store.endpoints(ALL, 0)).endpoints.map(({ id }) => id)).toEqual([B]);
    expect(await store.reports(RA, { limit: 9 })).toEqual([]);
    await expect(store.endpoint(RA)).rejects.toThrow();
    // JSON, but none that a page could show.
    await say(database, "UPDATE endpoints SET address = NULL, attributes = 'null' WHERE id = ?", A);
    expect((await store.endpoints(ALL, 0)).endpoints.map(({ id }) => id)).toEqual([B]);
    await expect(store.endpoint(RA)).rejects.toThrow('attributes');
    await store.close();
  });

  it('keeps the statements that are used, and not every one that a filter ever made', async () => {
    const { default: Database } = await import('libsql');
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    const database = await openLibsql(':memory:');
    const often = () => sql`SELECT 'often'`.execute(database.tables);
    for (let count = 0; count < 2_000; count += 1) {
      await sql.raw(`SELECT ${count}`).execute(database.tables);
      await often();
    }
    await sql.raw('SELECT 0').execute(database.tables);
    const prepared = prepare.mock.calls.map(([text]) => text);
    prepare.mockRestore();
    expect(prepared.filter((text) => text === 'SELECT 0')).toHaveLength(2);
    expect(prepared.filter((text) => text.includes('often'))).toHaveLength(1);
    await database.close();
  });

  it('alone needs the database and the query builder: neither is loaded before one is opened', async () => {
    const { stdout, stderr } = await runChild(
      `import { isPostgresUrl, openStore } from './platform/store/open-store.js';
       const error = await openStore(':memory:').catch((error) => error);
       console.log(isPostgresUrl('postgresql://x'), error.code);`,
      { packages: ['@number0/iroh'] },
    );
    expect({ stdout, stderr }).toEqual({ stdout: 'true ERR_MODULE_NOT_FOUND\n', stderr: '' });
  });

  it('says what to install when libsql is missing', async () => {
    const missing = () => Promise.reject(new Error("Cannot find package 'libsql'"));
    await expect(openLibsql(IN_MEMORY, { load: missing })).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringContaining('`npm install libsql`'),
    });
  });

  it('loses nothing that it acknowledged when its process is killed', async () => {
    const folder = await stage.folder();
    const child = await startChild(
      `import { openStore } from './platform/store/open-store.js';
       const store = await openStore(process.argv[2]);
       for (let count = 1; ; count += 1) {
         await store.putSetting('count', String(count));
         console.log('count ' + count);
         if (count % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
       }`,
      { args: [folder] },
    );
    await child.line(/^count 200$/);
    child.process.kill('SIGKILL');
    const { stdout } = await child.ended;
    const acknowledged = Number(
      stdout
        .trim()
        .split('\n')
        .filter((line) => /^count \d+$/.test(line))
        .at(-1)
        ?.slice(6),
    );
    const store = await openStore(folder);
    expect(acknowledged).toBeGreaterThanOrEqual(200);
    // The last line may have been cut off in the pipe, and one more may have been written without it.
    expect(Number(await store.setting('count'))).toBeGreaterThanOrEqual(acknowledged - 1);
    await store.close();
  });
});
