import { type ReportRecord, reportFacts } from 'iroh-net-diagnostics/services';
import { sql, type Transaction } from 'kysely';
import { dropReports } from './drop.js';
import { factColumns, sightingColumns } from './rows.js';
import type { Tables } from './schema.js';

/** Adds a report, keeps its facts beside the endpoint when it is the newest, and drops all but the newest `keep`. */
export async function writeReport(
  tables: Transaction<Tables>,
  record: ReportRecord,
  keep: number,
): Promise<void> {
  const { project, id, endpointId, source, receivedAt, durationMs, sighting } = record;
  const report = JSON.stringify(record.report);
  const bytes = Buffer.byteLength(report);
  const facts = { ...factColumns(reportFacts(record.report, sighting)), ...sightingColumns(sighting) };
  await tables
    .insertInto('reports')
    .values({
      ...{ id, project, endpoint_id: endpointId, source, received_at: receivedAt, duration_ms: durationMs },
      ...facts,
      ...{ bytes, report },
    })
    .execute();
  const { report_count: count } = await tables
    .updateTable('endpoints')
    .set({ report_count: sql`report_count + 1`, stored_bytes: sql`stored_bytes + ${bytes}` })
    .where('project', '=', project)
    .where('id', '=', endpointId)
    .returning('report_count')
    .executeTakeFirstOrThrow();
  await tables
    .updateTable('endpoints')
    .set({
      ...{ report_id: id, report_at: receivedAt, report_source: source, report_duration_ms: durationMs },
      ...facts,
    })
    .where('project', '=', project)
    .where('id', '=', endpointId)
    .where(({ or, eb }) => or([eb('report_id', 'is', null), eb('report_id', '<', id)]))
    .execute();
  if (Number(count) > keep) await dropReports(tables, { project, endpointId, most: Number(count) - keep });
}
