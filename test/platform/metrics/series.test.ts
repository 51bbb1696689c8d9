import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, type TierName } from '../../../platform/metrics/tiers.js';
import { rollNextSeries } from '../../../platform/store/metric-rollup.js';
import { type MetricLine, metricHistory, metricNames } from '../../../platform/store/metric-series.js';
import type { SqlStore } from '../../../platform/store/sql-store.js';
import {
  A,
  AGES,
  afterTheHour,
  authorise,
  B,
  DATABASES,
  DAY,
  MINUTE_MS,
  PROJECT,
  push,
  rollAll,
  SCHEMA,
} from './stage.js';

const ref = { project: PROJECT, id: A };

/** A line per session of one metric; all that is kept, until a day after the last push of these tests. */
async function history(
  store: SqlStore,
  name: string,
  tier: TierName,
  most = 1_000_000,
): Promise<MetricLine[]> {
  const query = { name, tier, from: DAY - DAY_MS, to: DAY + 10 * DAY_MS, most };
  return (await metricHistory(store.tables, ref, query, DAY, AGES)).lines;
}
const brief = (lines: readonly MetricLine[]) =>
  lines.map(({ sessionId, points }) => [
    sessionId,
    ...points.map(({ at, samples, span }) =>
      span.type === 'counter'
        ? [(at - DAY) / MINUTE_MS, samples, Number(span.last), Number(span.increase)]
        : [(at - DAY) / MINUTE_MS, samples],
    ),
  ]);

/** All rows, so that nothing can change unseen. */
async function allPoints(store: SqlStore) {
  const rows = await store.tables
    .selectFrom('metric_points')
    .selectAll()
    .orderBy('series')
    .orderBy('tier')
    .orderBy('at')
    .execute();
  return rows.map(({ tier, at, samples, point }) => [Number(tier), Number(at), Number(samples), point]);
}

describe.each(DATABASES)('the history of metrics on %s', (_, open) => {
  const withEndpoint = async () => {
    const store = await open();
    await authorise(store);
    return store;
  };

  it('has each push, and the pushes of one schema without it', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [1, 0, 5]);
    await push(store, DAY + MINUTE_MS, [4, 0, 3]);
    const values = [4n, 2n].map((value) => ({ type: 'counter' as const, value }));
    await store.putMetricValues({
      ...{ project: PROJECT, endpointId: A, sessionId: '01', updatedAt: DAY + 2 * MINUTE_MS },
      values: [...values, { type: 'gauge', value: -1n }],
    });
    expect(brief(await history(store, 'net_sent', 'raw'))).toEqual([
      ['01', [0, 1, 1, 0], [1, 1, 4, 0], [2, 1, 4, 0]],
    ]);
    expect(await metricNames(store.tables, ref)).toEqual([
      { name: 'net_seen', type: 'counter', help: 'Datagrams seen' },
      { name: 'net_sent', type: 'counter', help: 'Datagrams sent' },
      { name: 'open', type: 'gauge', help: 'Open connections' },
    ]);
    const [line] = await history(store, 'open', 'days');
    expect(line?.points).toEqual([
      { at: DAY, samples: 3, span: { type: 'gauge', min: -1n, max: 5n, sum: 7n, last: -1n } },
    ]);
    expect(await history(store, 'sent', 'raw')).toEqual([]);
  });

  it('keeps the last of pushes that come within ten seconds', async () => {
    const store = await withEndpoint();
    for (const value of [1, 2, 3]) await push(store, DAY + value * 1_000, [value, 0, 0]);
    expect(brief(await history(store, 'net_sent', 'raw'))).toEqual([['01', [0, 1, 3, 0]]]);
  });

  it('rolls an hour up into six points, one, and the day so far', async () => {
    const store = await withEndpoint();
    for (let minute = 0; minute < 90; minute += 1)
      await push(store, DAY + minute * MINUTE_MS, [minute * 10, 0, minute % 7]);
    await rollAll(store, afterTheHour(DAY));
    const series = await store.tables.selectFrom('metric_series').selectAll().executeTakeFirstOrThrow();
    expect(Number(series.rolled_at)).toBe(DAY + HOUR_MS);
    expect(Number(series.points)).toBe(90 + 6 + 1 + 1);
    // The last half hour is joined from its pushes.
    expect(brief(await history(store, 'net_sent', 'minutes'))).toEqual([
      ['01', ...[0, 1, 2, 3, 4, 5, 6, 7, 8].map((ten) => [ten * 10, 10, ten * 100 + 90, 90])],
    ]);
    expect(brief(await history(store, 'net_sent', 'hours'))).toEqual([
      ['01', [0, 60, 590, 590], [60, 30, 890, 290]],
    ]);
    expect(brief(await history(store, 'net_sent', 'days'))).toEqual([['01', [0, 90, 890, 890]]]);
    // Never more than asked for.
    const [coarser] = await history(store, 'net_sent', 'minutes', 200);
    expect(coarser?.points.map(({ samples }) => samples)).toEqual([80, 10]);
  });

  it('counts nothing twice, however often it is rolled up and wherever it is interrupted', async () => {
    const store = await withEndpoint();
    for (let minute = 0; minute < 130; minute += 1)
      await push(store, DAY + minute * MINUTE_MS, [minute, 1, 1]);
    const now = afterTheHour(DAY + HOUR_MS);
    await store.tables.updateTable('metric_series').set({ due_at: 0 }).execute();
    await rollNextSeries(store.database, now, AGES);
    // As a crash leaves it: the second hour is not done. And as one leaves it that forgets that the first was.
    await store.tables.updateTable('metric_series').set({ rolled_at: DAY }).execute();
    await rollAll(store, now);
    const once = await allPoints(store);
    await store.tables.updateTable('metric_series').set({ rolled_at: DAY }).execute();
    await rollAll(store, now);
    expect(await allPoints(store)).toEqual(once);
    expect(brief(await history(store, 'net_sent', 'days'))).toEqual([['01', [0, 130, 129, 129]]]);
    const endpoint = await store.tables.selectFrom('endpoints').selectAll().executeTakeFirstOrThrow();
    expect(Number(endpoint.point_count)).toBe(once.length);
  });

  it('catches up after days off, hour by hour, and only where something was pushed', async () => {
    const store = await withEndpoint();
    for (const hour of [0, 1, 30, 99]) await push(store, DAY + hour * HOUR_MS, [hour, 0, 0]);
    const steps = await rollAll(store, DAY + 9 * DAY_MS);
    expect(steps).toBeLessThan(8);
    expect(brief(await history(store, 'net_sent', 'hours'))).toEqual([
      ['01', ...[0, 1, 30, 99].map((hour) => [hour * 60, 1, hour, 0])],
    ]);
    expect(brief(await history(store, 'net_sent', 'days'))).toEqual([
      ['01', [0, 2, 1, 1], [24 * 60, 1, 30, 0], [96 * 60, 1, 99, 0]],
    ]);
    expect(await history(store, 'net_sent', 'raw')).toEqual([]);
    expect(await history(store, 'net_sent', 'minutes')).toEqual([]);
  });

  it('removes points by their age, a session with its last one, and a schema that nobody has any more', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [1, 0, 0]);
    await push(store, DAY, [1, 0, 0], { session: '02' });
    await rollAll(store, DAY + 31 * DAY_MS);
    expect((await allPoints(store)).map(([tier]) => tier)).toEqual([3, 3]);
    await push(store, DAY + 31 * DAY_MS, [7, 0, 0], { session: '02' });
    await rollAll(store, DAY + 401 * DAY_MS);
    expect((await allPoints(store)).map(([tier]) => tier)).toEqual([3]);
    await rollAll(store, DAY + 500 * DAY_MS);
    const { tables } = store;
    expect(await tables.selectFrom('metric_series').select('id').execute()).toEqual([]);
    const endpoint = await tables.selectFrom('endpoints').selectAll().executeTakeFirstOrThrow();
    expect([endpoint.point_count, endpoint.point_bytes].map(Number)).toEqual([0, 0]);
    // Its latest values are still shown with their names.
    expect(await tables.selectFrom('metric_schemas').select('hash').execute()).toHaveLength(1);
    await store.forgetEndpoint(ref);
    expect(await tables.selectFrom('metric_schemas').select('hash').execute()).toEqual([]);
  });

  it('does not mix the sessions of an endpoint, and knows a counter that fell from one that began again', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [100, 0, 0]);
    await push(store, DAY + MINUTE_MS, [110, 0, 0]);
    await push(store, DAY + 2 * MINUTE_MS, [5, 0, 0], { session: '02' });
    await push(store, DAY + 3 * MINUTE_MS, [8, 0, 0], { session: '02' });
    await push(store, DAY + 4 * MINUTE_MS, [2, 0, 0], { session: '02' });
    await rollAll(store, afterTheHour(DAY));
    expect(brief(await history(store, 'net_sent', 'hours'))).toEqual([
      ['02', [0, 3, 2, 5]],
      ['01', [0, 2, 110, 10]],
    ]);
  });

  it('does not mix a session before and after its schema has changed', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [1, 2, 0]);
    const [first, second, third] = SCHEMA.items;
    const items = [second, first, third].flatMap((item) => item ?? []);
    await push(store, DAY + MINUTE_MS, [3, 2, 0], { schema: { items, help: null } });
    expect(brief(await history(store, 'net_sent', 'raw'))).toEqual([
      ['01', [1, 1, 2, 0]],
      ['01', [0, 1, 1, 0]],
    ]);
  });

  it('keeps what is pushed after the clock was set back, beside what was rolled up before', async () => {
    const store = await withEndpoint();
    await push(store, DAY + 10 * MINUTE_MS, [50, 0, 0]);
    await push(store, DAY + 20 * MINUTE_MS, [60, 0, 0]);
    await rollAll(store, afterTheHour(DAY));
    await push(store, DAY + 15 * MINUTE_MS, [61, 0, 0]);
    await push(store, DAY + 16 * MINUTE_MS, [63, 0, 0]);
    await rollAll(store, afterTheHour(DAY));
    const lines = await history(store, 'net_sent', 'hours');
    expect(brief(lines).sort()).toEqual([
      ['01', [0, 2, 60, 10]],
      ['01', [0, 2, 63, 2]],
    ]);
  });

  it('wakes a session up that has not pushed for days', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [1, 0, 0]);
    await rollAll(store, DAY + DAY_MS);
    const dueAt = async () =>
      Number(
        (await store.tables.selectFrom('metric_series').select('due_at').executeTakeFirstOrThrow()).due_at,
      );
    expect(await dueAt()).toBeGreaterThan(DAY + 2 * DAY_MS);
    await push(store, DAY + DAY_MS, [2, 0, 0]);
    expect(await dueAt()).toBe(DAY + DAY_MS + HOUR_MS);
    await rollAll(store, afterTheHour(DAY + DAY_MS));
    expect(brief(await history(store, 'net_sent', 'hours'))).toEqual([['01', [0, 1, 1, 0], [1440, 1, 2, 0]]]);
  });

  it('bounds what one endpoint can add, and takes nothing of it from another', async () => {
    const store = await withEndpoint();
    await authorise(store, B);
    const items = Array.from({ length: 4_000 }, (_item, index) => ({
      ...{ type: 'counter' as const, name: `metric_${index}`, prefixes: [], labels: [] },
    }));
    const values = items.map((_item, index) => ({ type: 'counter' as const, value: BigInt(index) * 1_000n }));
    const record = { project: PROJECT, endpointId: A, schema: { items, help: null }, values };
    for (let count = 0; count < 200; count += 1)
      await store.putMetrics(
        { ...record, sessionId: String(count).padStart(2, '0'), updatedAt: DAY + count },
        4,
      );
    await push(store, DAY, [1, 0, 0], { id: B });
    await rollAll(store, DAY);
    const rows = await store.tables.selectFrom('endpoints').selectAll().orderBy('id').execute();
    expect(Number(rows[0]?.point_bytes)).toBeGreaterThan(100_000);
    expect(Number(rows[0]?.point_bytes)).toBeLessThan(2 * 1024 * 1024);
    expect(Number(rows[1]?.point_count)).toBe(1);
    expect(await store.metricsSessions(ref)).toHaveLength(4);
  });

  it('goes on where a point is damaged', async () => {
    const store = await withEndpoint();
    for (const minute of [0, 1, 2]) await push(store, DAY + minute * MINUTE_MS, [minute, 0, 0]);
    await store.tables
      .updateTable('metric_points')
      .set({ point: '!' })
      .where('at', '=', DAY + MINUTE_MS)
      .execute();
    await rollAll(store, afterTheHour(DAY));
    expect(brief(await history(store, 'net_sent', 'hours'))).toEqual([['01', [0, 2, 2, 2]]]);
  });

  it('is shared by several processes that roll up at the same time', async () => {
    const store = await withEndpoint();
    for (let session = 10; session < 30; session += 1)
      await push(store, DAY, [session, 0, 0], { session: String(session) });
    await store.tables.updateTable('metric_series').set({ due_at: 0 }).execute();
    const worker = async () => {
      let steps = 0;
      while (await rollNextSeries(store.database, afterTheHour(DAY), AGES)) steps += 1;
      return steps;
    };
    await Promise.all([worker(), worker(), worker()]);
    await rollAll(store, afterTheHour(DAY));
    expect((await allPoints(store)).length).toBe(20 * 4);
  });

  it('does not let one series that fails keep the others waiting', async () => {
    const store = await withEndpoint();
    await push(store, DAY, [1, 0, 0]);
    await push(store, DAY, [1, 0, 0], { session: '02' });
    const { tables, database } = store;
    const [broken] = await tables.selectFrom('metric_series').select('id').orderBy('session_id').execute();
    const id = Number(broken?.id);
    await tables.updateTable('metric_series').set({ due_at: 1 }).execute();
    await tables.updateTable('metric_series').set({ due_at: 0 }).where('id', '=', id).execute();
    const no = `(series <> ${id} OR tier = 0)`;
    const rule =
      database.dialect === 'sqlite'
        ? `CREATE TRIGGER broken BEFORE INSERT ON metric_points WHEN NOT ${no.replace(/(series|tier)/g, 'NEW.$1')}
             BEGIN SELECT RAISE(ABORT, 'broken'); END`
        : `ALTER TABLE metric_points ADD CONSTRAINT broken CHECK ${no} NOT VALID`;
    await sql.raw(rule).execute(tables);
    const now = afterTheHour(DAY);
    await expect(rollNextSeries(database, now, AGES)).rejects.toThrow(/broken/);
    expect(await rollNextSeries(database, now, AGES)).toBe(true);
    expect(await rollNextSeries(database, now, AGES)).toBe(false);
    expect(
      brief(await history(store, 'net_sent', 'minutes'))
        .map(([session]) => session)
        .sort(),
    ).toEqual([...['01', '02']]);
    const rolled = await tables.selectFrom('metric_points').select('series').where('tier', '=', 3).execute();
    expect(rolled).toHaveLength(1);
  });
});
