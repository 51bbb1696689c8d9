/** Removing what is kept, a bounded part at a time: a statement over thousands of rows would hold up everybody. */
import { type Kysely, sql } from 'kysely';
import { countPoints, dropSchema, dropSeries } from './metric-series-parts.js';
import type { Tables } from './schema.js';

/** Reports and points that are removed at once. */
const MAX_REPORTS = 50;
const MAX_POINTS = 500;
/** And their bytes. A report may have 64 KiB, which lie in sixteen pages of a file. */
const MAX_BYTES = 1024 * 1024;

/** An endpoint as its rows name it. */
export interface EndpointKey {
  project: string;
  id: string;
}

/** Which reports: those with smaller ids, which sort by time, of one endpoint or of a whole project. */
interface OldReports {
  project: string;
  endpointId?: string | undefined;
  /** An id; none: all. */
  before?: string | undefined;
  /** At most so many reports, and no more than reach so many bytes. */
  most?: number | undefined;
  bytes?: number | undefined;
}

/** What was removed. */
export interface Dropped {
  count: number;
  bytes: number;
}

/** Removes some reports, the oldest first, and counts the rest. @returns what was removed; a count of 0: there are no more */
export async function dropReports(tables: Kysely<Tables>, which: OldReports): Promise<Dropped> {
  const { project, endpointId, before, most = MAX_REPORTS, bytes = MAX_BYTES } = which;
  const candidates = await tables
    .selectFrom('reports')
    .select(['id', 'bytes'])
    .where('project', '=', project)
    .$if(endpointId !== undefined, (all) => all.where('endpoint_id', '=', endpointId ?? ''))
    .$if(before !== undefined, (all) => all.where('id', '<', before ?? ''))
    .orderBy('id')
    .limit(Math.min(most, MAX_REPORTS))
    .execute();
  const ids: string[] = [];
  let size = 0;
  for (const candidate of candidates) {
    if (size >= Math.min(bytes, MAX_BYTES)) break;
    ids.push(candidate.id);
    size += Number(candidate.bytes);
  }
  if (ids.length === 0) return { count: 0, bytes: 0 };
  const dropped = await tables
    .deleteFrom('reports')
    .where('id', 'in', ids)
    .returning(['id', 'endpoint_id', 'bytes'])
    .execute();
  for (const id of new Set(dropped.map((report) => report.endpoint_id))) {
    const own = dropped.filter((report) => report.endpoint_id === id);
    await countReports(tables, { project, id }, own);
  }
  return { count: dropped.length, bytes: total(dropped.map((report) => Number(report.bytes))) };
}

async function countReports(
  tables: Kysely<Tables>,
  { project, id }: EndpointKey,
  dropped: readonly { id: string; bytes: number | string }[],
): Promise<void> {
  const bytes = total(dropped.map((report) => Number(report.bytes)));
  await tables
    .updateTable('endpoints')
    .set({
      report_count: sql`report_count - ${dropped.length}`,
      stored_bytes: sql`stored_bytes - ${bytes}`,
    })
    .where('project', '=', project)
    .where('id', '=', id)
    .execute();
  // Its newest report is gone, and so are all.
  await tables
    .updateTable('endpoints')
    .set({
      ...{ report_id: null, report_at: null, report_source: null, report_duration_ms: null },
      ...{ level: null, nat_type: null, udp_v4: null, udp_v6: null, varies_v4: null, varies_v6: null },
      ...{ nat_type_by: null, iroh_version: null, services_version: null },
      ...{ seen_path: null, seen_address: null, seen_relay_path: null },
      ...{ relays_elsewhere: null, others_direct: null },
    })
    .where('project', '=', project)
    .where('id', '=', id)
    .where(
      'report_id',
      'in',
      dropped.map((report) => report.id),
    )
    .execute();
}

/**
 * Removes some of an endpoint's points: of its oldest session the finest first, so that what is kept for long goes last.
 * @returns what was removed; a count of 0: there are no more
 */
export async function dropPoints(tables: Kysely<Tables>, { project, id }: EndpointKey): Promise<Dropped> {
  const series = await tables
    .selectFrom('metric_series')
    .select(['id', 'points', 'bytes'])
    .where('project', '=', project)
    .where('endpoint_id', '=', id)
    .orderBy('began_at')
    .limit(1)
    .executeTakeFirst();
  if (series === undefined) return { count: 0, bytes: 0 };
  const points = await tables
    .selectFrom('metric_points')
    .select(['tier', 'at', sql<number | string>`length(point)`.as('size')])
    .where('series', '=', Number(series.id))
    .orderBy('tier')
    .orderBy('at')
    .limit(MAX_POINTS)
    .execute();
  const last = points.at(-1);
  if (last === undefined || points.length < MAX_POINTS) {
    await dropSeries(tables, Number(series.id));
    // With its schema: what was counted of it, or what is there now.
    const counted = { count: Number(series.points), bytes: Number(series.bytes) };
    return { count: Math.max(counted.count, points.length, 1), bytes: counted.bytes };
  }
  await tables
    .deleteFrom('metric_points')
    .where('series', '=', Number(series.id))
    .where(({ or, and, eb }) =>
      or([eb('tier', '<', last.tier), and([eb('tier', '=', last.tier), eb('at', '<=', Number(last.at))])]),
    )
    .execute();
  const bytes = total(points.map((point) => Number(point.size)));
  await tables
    .updateTable('metric_series')
    .set({ points: sql`points - ${points.length}`, bytes: sql`bytes - ${bytes}` })
    .where('id', '=', Number(series.id))
    .execute();
  await countPoints(tables, { project, endpoint_id: id }, -points.length, -bytes);
  return { count: points.length, bytes };
}

/** What became of an endpoint that is to be forgotten; `kept`: it has been seen. */
export type Forgotten = 'in part' | 'whole' | 'kept';

/**
 * Removes a part of an endpoint, and the endpoint itself when nothing else is left of it.
 * @param unseenSince - only if it is offline and has not been seen since this time
 */
export async function forgetSome(
  tables: Kysely<Tables>,
  key: EndpointKey,
  unseenSince?: number,
): Promise<Forgotten> {
  const endpoint = await tables
    .selectFrom('endpoints')
    .select(['is_online', 'last_seen_at'])
    .where('project', '=', key.project)
    .where('id', '=', key.id)
    .executeTakeFirst();
  if (endpoint === undefined) return 'whole';
  const { is_online: isOnline, last_seen_at: seenAt } = endpoint;
  if (unseenSince !== undefined && (Number(isOnline) === 1 || Number(seenAt) >= unseenSince)) return 'kept';
  if ((await dropReports(tables, { project: key.project, endpointId: key.id })).count > 0) return 'in part';
  if ((await dropPoints(tables, key)).count > 0) return 'in part';
  const hashes = await tables
    .deleteFrom('metrics')
    .where('project', '=', key.project)
    .where('endpoint_id', '=', key.id)
    .returning('schema_hash')
    .execute();
  await tables.deleteFrom('endpoints').where('project', '=', key.project).where('id', '=', key.id).execute();
  for (const { schema_hash: hash } of hashes) await dropSchema(tables, key.project, hash);
  return 'whole';
}

/** Removes some runs that were asked for before a time. @returns whether there may be more */
export async function dropRuns(tables: Kysely<Tables>, before: number): Promise<boolean> {
  const { numDeletedRows } = await tables
    .deleteFrom('runs')
    .where('id', 'in', ({ selectFrom }) =>
      selectFrom('runs')
        .select('id')
        .where('requested_at', '<', before)
        .orderBy('requested_at')
        .limit(MAX_POINTS),
    )
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
