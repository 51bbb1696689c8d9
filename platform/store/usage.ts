import type { ProjectId } from 'iroh-net-diagnostics/services';
import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.js';

/** How much a project has. */
export interface Usage {
  endpoints: number;
  reports: number;
  /** Of reports and metrics. */
  bytes: number;
  /** Points of metrics, up to an hour old. */
  points: number;
  /** Of who did what in it. */
  auditEntries: number;
}

/** From the counts beside the endpoints, and an index of the audit log: no report and no point is read. */
export async function usageOf(tables: Kysely<Tables>, project: ProjectId): Promise<Usage> {
  const row = await tables
    .selectFrom('endpoints')
    .select(({ fn }) => [
      fn.countAll().as('endpoints'),
      fn.sum('report_count').as('reports'),
      sql<number | string | null>`sum(stored_bytes + point_bytes)`.as('bytes'),
      fn.sum('point_count').as('points'),
    ])
    .where('project', '=', project)
    .executeTakeFirst();
  const entries = await tables
    .selectFrom('audit')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('project', '=', project)
    .executeTakeFirstOrThrow();
  const { endpoints, reports, bytes, points } = row ?? {};
  return {
    endpoints: Number(endpoints ?? 0),
    reports: Number(reports ?? 0),
    bytes: Number(bytes ?? 0),
    points: Number(points ?? 0),
    auditEntries: Number(entries.count),
  };
}
