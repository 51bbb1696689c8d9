import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../platform/metrics/tiers.js';
import { Maintenance, retention } from '../../../platform/retention/index.js';
import type { SqlStore } from '../../../platform/store/sql-store.js';
import { type Limits, sweep } from '../../../platform/store/sweep.js';
import { takeSweepTurn } from '../../../platform/store/sweep-turn.js';
import { usageOf } from '../../../platform/store/usage.js';
import { madeUpId } from '../../support/ids.js';
import { sampleReport } from '../stage.js';
import { A, authorise, B, DATABASES, DAY, KEY, PROJECT, push, rollAll } from './stage.js';

const OTHER_KEY = madeUpId('d'.repeat(64));
const NO_LIMITS: Limits = {
  reportsSince: 0,
  reportsPerEndpoint: 1e9,
  reportsPerProject: 1e9,
  pointsPerProject: 1e9,
  runsSince: 0,
  auditSince: 0,
  auditEntries: 1e9,
  now: 0,
  endpointsSeenSince: 0,
  bytesPerEndpoint: 1e15,
  bytesPerSecret: 1e15,
};

let reports = 0;
async function report(store: SqlStore, id: typeof A, at: number): Promise<string> {
  reports += 1;
  const reportId = at.toString(16).padStart(12, '0') + String(reports).padStart(8, '0');
  await store.addReport(
    {
      ...{
        project: PROJECT,
        id: reportId,
        endpointId: id,
        source: 'upload',
        receivedAt: at,
        durationMs: null,
        sighting: null,
      },
      report: sampleReport(id),
    },
    1_000,
  );
  return reportId;
}

/** @returns how many steps it took */
async function swept(store: SqlStore, limits: Partial<Limits>): Promise<number> {
  let steps = 0;
  for await (const _step of sweep(store.database, { ...NO_LIMITS, ...limits })) steps += 1;
  return steps;
}
const idsOf = async (store: SqlStore, id: typeof A) =>
  (await store.reportSummaries({ project: PROJECT, id }, { limit: 1_000 })).map((summary) => summary.id);

/** What is counted beside the endpoints is what is there. */
async function expectCounted(store: SqlStore) {
  const { tables } = store;
  const rows = await tables.selectFrom('reports').select('bytes').where('project', '=', PROJECT).execute();
  const points = await tables.selectFrom('metric_points').select('at').execute();
  const series = await tables.selectFrom('metric_series').select('bytes').execute();
  const bytes = [...rows, ...series].reduce((sum, row) => sum + Number(row.bytes), 0);
  expect(await usageOf(tables, PROJECT)).toMatchObject({
    reports: rows.length,
    points: points.length,
    bytes,
  });
}

describe.each(DATABASES)('retention on %s', (_, open) => {
  const withEndpoints = async () => {
    const store = await open();
    await authorise(store, A);
    await authorise(store, B, DAY, OTHER_KEY);
    return store;
  };

  it('removes reports by age, and what a list shows of the last one', async () => {
    const store = await withEndpoints();
    for (let day = 0; day < 5; day += 1) await report(store, A, DAY + day * DAY_MS);
    await report(store, B, DAY);
    await swept(store, { reportsSince: DAY + 3 * DAY_MS });
    expect(await idsOf(store, A)).toHaveLength(2);
    expect((await store.endpoint({ project: PROJECT, id: A }))?.latestReport).not.toBeNull();
    expect((await store.endpoint({ project: PROJECT, id: B }))?.latestReport).toBeNull();
    await expectCounted(store);
  });

  it('removes the oldest reports of an endpoint that has too many, in small steps', async () => {
    const store = await withEndpoints();
    const ids: string[] = [];
    for (let count = 0; count < 130; count += 1) ids.push(await report(store, A, DAY + count));
    await report(store, B, DAY);
    expect(await swept(store, { reportsPerEndpoint: 10 })).toBeGreaterThan(2);
    expect(await idsOf(store, A)).toEqual(ids.slice(-10).reverse());
    expect(await idsOf(store, B)).toHaveLength(1);
    await expectCounted(store);
  });

  it('removes the oldest reports of a project that has too many, and none of another project', async () => {
    const store = await withEndpoints();
    await store.tables.insertInto('projects').values({ id: 'other', name: 'Other', created_at: 0 }).execute();
    const other = { project: 'other', id: A };
    await store.authorise(other, { issuer: KEY, expiresAt: null }, KEY, DAY);
    await store.addReport(
      {
        ...{ project: 'other', id: '0'.repeat(20), endpointId: A, source: 'upload', receivedAt: 0 },
        ...{ durationMs: null, sighting: null, report: sampleReport(A) },
      },
      9,
    );
    const newest: string[] = [];
    for (const at of [1, 2, 3, 4]) {
      await report(store, A, DAY + at);
      newest.push(await report(store, B, DAY + at));
    }
    await swept(store, { reportsPerProject: 3 });
    expect(await idsOf(store, B)).toEqual(newest.slice(-2).reverse());
    expect(await idsOf(store, A)).toHaveLength(1);
    expect(await store.reportSummaries(other, { limit: 9 })).toHaveLength(1);
    await expectCounted(store);
  });

  it('takes bytes beyond a limit from the biggest endpoint of the secret, and leaves other secrets alone', async () => {
    const store = await withEndpoints();
    const small = madeUpId('9'.repeat(64));
    await authorise(store, small);
    for (let count = 0; count < 20; count += 1) await report(store, A, DAY + count);
    for (let count = 0; count < 3; count += 1) await report(store, small, DAY + count);
    for (let count = 0; count < 8; count += 1) await report(store, B, DAY + count);
    const { bytes } = await store.tables.selectFrom('reports').select('bytes').executeTakeFirstOrThrow();
    await swept(store, { bytesPerSecret: 10 * Number(bytes) });
    expect((await idsOf(store, A)).length + 3).toBeLessThanOrEqual(10);
    expect((await idsOf(store, A)).length).toBeGreaterThanOrEqual(6);
    expect([await idsOf(store, small), await idsOf(store, B)].map((ids) => ids.length)).toEqual([3, 8]);
    await swept(store, { bytesPerEndpoint: 2 * Number(bytes) });
    expect([await idsOf(store, small), await idsOf(store, B)].map((ids) => ids.length)).toEqual([2, 2]);
    await expectCounted(store);
  });

  it('takes points beyond a limit from the endpoint with the most, and of those the finest first', async () => {
    const store = await withEndpoints();
    await push(store, DAY, [7, 0, 0]);
    const { series, point } = await store.tables
      .selectFrom('metric_points')
      .selectAll()
      .executeTakeFirstOrThrow();
    const more = Array.from({ length: 1_199 }, (_point, index) => ({
      ...{ series: Number(series), tier: 0, at: DAY + (index + 1) * 10_000, samples: 1, point },
    }));
    await store.tables.insertInto('metric_points').values(more).execute();
    await push(store, DAY, [1, 1, 1], { id: B });
    await rollAll(store, DAY + 6 * HOUR_MS, [7 * DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS]);
    const before = await usageOf(store.tables, PROJECT);
    expect(before.points).toBe(1_200 + 20 + 4 + 1 + 4);
    await swept(store, { pointsPerProject: 500 });
    const tiers = await store.tables.selectFrom('metric_points').select('tier').execute();
    expect(tiers.length).toBeLessThanOrEqual(500);
    expect(tiers.filter(({ tier }) => Number(tier) === 3)).toHaveLength(2);
    await expectCounted(store);
  });

  it('forgets an endpoint that was not seen for long with all it has, unless it is online', async () => {
    const store = await withEndpoints();
    for (let count = 0; count < 60; count += 1) await report(store, A, DAY + count);
    await push(store, DAY, [1, 1, 1]);
    await store.sessionOpened({ project: PROJECT, id: B }, KEY, null, DAY);
    await swept(store, { endpointsSeenSince: DAY + 1 });
    expect(await store.endpoint({ project: PROJECT, id: A })).toBeNull();
    expect(await store.endpoint({ project: PROJECT, id: B })).not.toBeNull();
    const { tables } = store;
    for (const table of ['reports', 'metrics', 'metric_series', 'metric_points', 'metric_schemas'] as const)
      expect(await tables.selectFrom(table).selectAll().execute()).toEqual([]);
  });

  it('does not tell of an endpoint as forgotten that came back in time', async () => {
    const store = await open();
    await authorise(store);
    const steps = sweep(store.database, { ...NO_LIMITS, endpointsSeenSince: DAY + 1 });
    // Looked at while it was still away.
    await steps.next();
    await authorise(store, A, DAY + 2);
    const told = [];
    for await (const step of steps) if (step !== undefined) told.push(step);
    expect(told).toEqual([]);
    expect(await store.endpoint({ project: PROJECT, id: A })).not.toBeNull();
  });

  it('removes runs by age', async () => {
    const store = await withEndpoints();
    const run = (id: string, at: number) => ({
      ...{ id, project: PROJECT, endpoint_id: A, identity: KEY, requested_by: '', requested_at: at },
      ...{ deadline_at: at, state: 'done', updated_at: at },
    });
    await store.tables
      .insertInto('runs')
      .values([run('1', 1), run('2', DAY)])
      .execute();
    await swept(store, { runsSince: DAY });
    expect(await store.tables.selectFrom('runs').select('id').execute()).toEqual([{ id: '2' }]);
  });

  it('goes on where it and a writer have waited for each other', async () => {
    const store = await withEndpoints();
    await report(store, A, DAY);
    await report(store, B, DAY + 1);
    // One connection does not wait for itself.
    if (store.dialect === 'sqlite')
      return expect(await swept(store, { reportsSince: DAY + 5 })).toBeGreaterThan(0);
    let sweeping: Promise<number> | undefined;
    const touch = (tables: typeof store.tables, id: string) =>
      tables.updateTable('endpoints').set({ last_seen_at: DAY }).where('id', '=', id).execute();
    await store.tables.transaction().execute(async (writer) => {
      await touch(writer, B);
      sweeping = swept(store, { reportsSince: DAY + 5 });
      sweeping.catch(() => {});
      await sleep(300);
      await touch(writer, A);
    });
    await sweeping;
    expect([await idsOf(store, A), await idsOf(store, B)]).toEqual([[], []]);
    await expectCounted(store);
  });

  it('is the turn of one process at a time', async () => {
    const { tables } = await open();
    const turn = (now: number) => takeSweepTurn(tables, now, 1_000);
    const first = await Promise.all([turn(DAY), turn(DAY), turn(DAY)]);
    expect(first.filter(Boolean)).toHaveLength(1);
    expect(await turn(DAY + 999)).toBe(false);
    expect(await turn(DAY + 1_000)).toBe(true);
    // The clock was years ahead.
    expect(await turn(DAY - 900 * DAY_MS)).toBe(true);
  });

  it('goes on in the background, and waits for its step when it is stopped', async () => {
    const store = await withEndpoints();
    await report(store, A, DAY);
    await push(store, DAY, [1, 0, 0]);
    await store.authorise(
      { project: PROJECT, id: B },
      { issuer: KEY, expiresAt: null },
      KEY,
      DAY - 300 * DAY_MS,
    );
    const forgotten: unknown[] = [];
    const settings = retention().default;
    const maintenance = Maintenance.start({
      database: store.database,
      retention: settings,
      bytes: { perEndpoint: 1e9, perSecret: 1e9 },
      clock: { now: () => DAY + 200 * DAY_MS },
      onForgotten: (ref) => forgotten.push(ref),
      onError: (message) => {
        throw new Error(message);
      },
    });
    while ((await usageOf(store.tables, PROJECT)).reports > 0 || forgotten.length === 0) await sleep(5);
    expect(forgotten).toEqual([{ project: PROJECT, id: B }]);
    await maintenance.stop();
    const tiers = await store.tables.selectFrom('metric_points').select('tier').execute();
    expect(tiers.map(({ tier }) => Number(tier))).toEqual([3]);
  });
});
