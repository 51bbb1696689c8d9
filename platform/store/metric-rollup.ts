import { setImmediate as turn } from 'node:timers/promises';
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely';
import { joinPoints, type Point } from '../metrics/point.js';
import { readPoint, writePoint } from '../metrics/point-text.js';
import {
  ALL_TIERS,
  DAY_MS,
  DAYS,
  HOUR_MS,
  HOURS,
  MINUTES,
  RAW,
  spanStart,
  TIERS,
  type Tier,
  type TierAges,
} from '../metrics/tiers.js';
import { claimingSoftly } from './dialect.js';
import { countPoints, dropSeries, SPREAD_MS, schemaSize } from './metric-series-parts.js';
import { readable } from './readable.js';
import type { Tables } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

/** A push is written soon after it was received, and processes' clocks differ a little: an hour is closed after this. */
export const GRACE_MS = 2 * 60_000;
/** A series without a push for so long is asleep: it is due when its next point is too old. */
const ASLEEP_MS = 2 * HOUR_MS;
/** Points that are removed at once. */
const MAX_DROPPED = 500;
/** Characters of points that are joined at once; others have their turn in between. */
const MAX_JOINED = 64 * 1024;

type Series = Selectable<Tables['metric_series']>;

/**
 * Looks after the series that has been due the longest: rolls up one hour of pushes, removes points that are too old,
 * counts the rest. All in one transaction, so whatever interrupts it, it is done once or not at all; processes that do it
 * at the same time do not get the same series.
 * @returns whether one was due
 */
export async function rollNextSeries(database: SqlDatabase, now: number, ages: TierAges): Promise<boolean> {
  const due = await database.tables
    .selectFrom('metric_series')
    .select('id')
    .where('due_at', '<=', now)
    .limit(1)
    .executeTakeFirst();
  if (due === undefined) return false;
  let id: number | null = null;
  try {
    return await database.tables.transaction().execute(async (tables) => {
      const next = tables
        .selectFrom('metric_series')
        .selectAll()
        .where('due_at', '<=', now)
        .orderBy('due_at')
        .limit(1);
      // Not `FOR UPDATE`, which pushes to that series would wait for.
      const series = await claimingSoftly(database.dialect, next).executeTakeFirst();
      if (series === undefined) return false;
      id = Number(series.id);
      await lookAfter(tables, series, now, ages);
      return true;
    });
  } catch (error) {
    // The others must not wait for one that fails again and again.
    if (id !== null) await postpone(database, id, now + HOUR_MS).catch(() => {});
    throw error;
  }
}

async function postpone({ tables }: SqlDatabase, id: number, dueAt: number): Promise<void> {
  await tables.updateTable('metric_series').set({ due_at: dueAt }).where('id', '=', id).execute();
}

async function lookAfter(tables: Transaction<Tables>, series: Series, now: number, ages: TierAges) {
  const id = Number(series.id);
  const closedAt = spanStart(now - GRACE_MS, HOURS);
  const rolledAt = await rollNextHour(tables, id, Number(series.rolled_at), closedAt);
  const isClean = await dropOldPoints(tables, id, now, ages, rolledAt);
  const kept = await keptOf(tables, id);
  const points = sum(kept.map(({ count }) => count));
  if (points === 0) return dropSeries(tables, id);
  const bytes =
    sum(kept.map((tier) => tier.bytes)) + (await schemaSize(tables, series.project, series.schema_hash));
  await countPoints(tables, series, points - Number(series.points), bytes - Number(series.bytes));
  const isDone = rolledAt >= closedAt && isClean;
  await tables
    .updateTable('metric_series')
    .set({ points, bytes, rolled_at: rolledAt, due_at: isDone ? nextDue(id, now, kept, ages) : now })
    .where('id', '=', id)
    .execute();
}

/** @returns up to when everything is rolled up now */
async function rollNextHour(tables: Transaction<Tables>, id: number, rolledAt: number, closedAt: number) {
  const next = await tables
    .selectFrom('metric_points')
    .select('at')
    .where('series', '=', id)
    .where('tier', '=', RAW)
    .where('at', '>=', rolledAt)
    .where('at', '<', closedAt)
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
  // Nothing was pushed: for days, perhaps.
  if (next === undefined) return Math.max(rolledAt, closedAt);
  const hour = spanStart(Number(next.at), HOURS);
  const end = hour + HOUR_MS;
  for (let at = hour; at < end; at += TIERS[MINUTES].spanMs) await roll(tables, id, RAW, MINUTES, at);
  await roll(tables, id, MINUTES, HOURS, hour);
  // A day grows with each of its hours, and is not missing until it is over.
  await roll(tables, id, HOURS, DAYS, spanStart(hour, DAYS));
  return end;
}

/** Makes the point of one span from all that the finer tier has of it: doing it again gives the same. */
async function roll(tables: Transaction<Tables>, id: number, from: Tier, to: Tier, start: number) {
  const rows = await tables
    .selectFrom('metric_points')
    .select(['samples', 'point'])
    .where('series', '=', id)
    .where('tier', '=', from)
    .where('at', '>=', start)
    .where('at', '<', start + TIERS[to].spanMs)
    .orderBy('at')
    .execute();
  const point = await joined(rows);
  if (point === null) return;
  const text = writePoint(point);
  await tables
    .insertInto('metric_points')
    .values({ series: id, tier: to, at: start, samples: point.samples, point: text })
    .onConflict((conflict) =>
      conflict
        .columns(['series', 'tier', 'at'])
        .doUpdateSet(({ ref }) => ({ samples: ref('excluded.samples'), point: ref('excluded.point') })),
    )
    .execute();
}

async function joined(
  rows: readonly Pick<Selectable<Tables['metric_points']>, 'samples' | 'point'>[],
): Promise<Point | null> {
  let together: Point | null = null;
  for (let from = 0; from < rows.length; ) {
    let size = 0;
    let to = from;
    while (to < rows.length && size < MAX_JOINED) size += rows[to++]?.point.length ?? 0;
    const points = readable(rows.slice(from, to), (row) => readPoint(row.point, Number(row.samples)));
    if (together !== null) points.unshift(together);
    together = points.length === 0 ? null : joinPoints(points);
    from = to;
    if (from < rows.length) await turn();
  }
  return together;
}

/** @returns whether none is left that is too old */
async function dropOldPoints(
  tables: Transaction<Tables>,
  id: number,
  now: number,
  ages: TierAges,
  rolledAt: number,
): Promise<boolean> {
  let isClean = true;
  for (const tier of ALL_TIERS) {
    const before = tier === RAW ? Math.min(now - ages[tier], rolledAt) : now - ages[tier];
    isClean = (await dropPoints(tables, id, tier, before)) < MAX_DROPPED && isClean;
  }
  return isClean;
}

/** Removes the oldest points of a tier, at most {@link MAX_DROPPED}. @returns how many */
async function dropPoints(tables: Kysely<Tables>, id: number, tier: Tier, before: number): Promise<number> {
  const { numDeletedRows } = await tables
    .deleteFrom('metric_points')
    .where('series', '=', id)
    .where('tier', '=', tier)
    .where('at', 'in', ({ selectFrom }) =>
      selectFrom('metric_points')
        .select('at')
        .where('series', '=', id)
        .where('tier', '=', tier)
        .where('at', '<', before)
        .orderBy('at')
        .limit(MAX_DROPPED),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}

interface KeptTier {
  tier: Tier;
  count: number;
  bytes: number;
  oldest: number;
  newest: number;
}

async function keptOf(tables: Transaction<Tables>, id: number): Promise<KeptTier[]> {
  const rows = await tables
    .selectFrom('metric_points')
    .select(({ fn }) => [
      'tier',
      fn.countAll().as('count'),
      sql<number | string>`sum(length(point))`.as('bytes'),
      fn.min('at').as('oldest'),
      fn.max('at').as('newest'),
    ])
    .where('series', '=', id)
    .groupBy('tier')
    .execute();
  return rows.map(({ tier, count, bytes, oldest, newest }) => ({
    tier: Number(tier) as Tier,
    count: Number(count),
    bytes: Number(bytes),
    oldest: Number(oldest),
    newest: Number(newest),
  }));
}

function nextDue(id: number, now: number, kept: readonly KeptTier[], ages: TierAges): number {
  const raw = kept.find(({ tier }) => tier === RAW);
  if (raw !== undefined && raw.newest > now - ASLEEP_MS)
    return spanStart(now - GRACE_MS, HOURS) + HOUR_MS + GRACE_MS + (id % SPREAD_MS);
  const tooOldAt = Math.min(...kept.map(({ tier, oldest }) => oldest + ages[tier]));
  return Math.min(Math.max(tooOldAt, now) + HOUR_MS, now + DAY_MS * 30);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
