import { createHash } from 'node:crypto';
import { type MetricsRecord, metricTypes } from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import type { MetricPoints } from './metric-points.js';
import { dropSchema } from './metric-series-parts.js';
import { formatMetricValues } from './rows.js';
import type { Tables } from './schema.js';

/**
 * Adds or replaces a session with its schema, drops all but the newest `keep` of the endpoint, and adds the values to the
 * session's history.
 */
export async function writeMetricsSession(
  tables: Transaction<Tables>,
  points: MetricPoints,
  record: MetricsRecord,
  keep: number,
): Promise<void> {
  const { project, endpointId, sessionId, schema, values, updatedAt } = record;
  const schemaJson = JSON.stringify(schema);
  const hash = createHash('sha256').update(schemaJson).digest('hex').slice(0, 32);
  await tables
    .insertInto('metric_schemas')
    .values({ project, hash, types: metricTypes(schema.items), schema_json: schemaJson })
    .onConflict((conflict) => conflict.columns(['project', 'hash']).doNothing())
    .execute();
  const before = await tables
    .selectFrom('metrics')
    .select('schema_hash')
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .where('session_id', '=', sessionId)
    .execute();
  await tables
    .insertInto('metrics')
    .values({
      project,
      endpoint_id: endpointId,
      session_id: sessionId,
      schema_hash: hash,
      values_json: formatMetricValues(values),
      updated_at: updatedAt,
    })
    .onConflict((conflict) =>
      conflict.columns(['project', 'endpoint_id', 'session_id']).doUpdateSet(({ ref }) => ({
        schema_hash: ref('excluded.schema_hash'),
        values_json: ref('excluded.values_json'),
        updated_at: ref('excluded.updated_at'),
      })),
    )
    .execute();
  const dropped = await tables
    .deleteFrom('metrics')
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .where('session_id', 'not in', ({ selectFrom }) =>
      selectFrom('metrics')
        .select('session_id')
        .where('project', '=', project)
        .where('endpoint_id', '=', endpointId)
        .orderBy('updated_at', 'desc')
        .orderBy('session_id')
        .limit(keep),
    )
    .returning('schema_hash')
    .execute();
  // Without values it was only the schema that was good.
  if (values.length > 0) await points.add(tables, { ...record, schemaHash: hash });
  for (const { schema_hash: old } of [...before, ...dropped])
    if (old !== hash) await dropSchema(tables, project, old);
}

/** Replaces the values of a known session, and adds them to its history. */
export async function writeMetricValues(
  tables: Transaction<Tables>,
  points: MetricPoints,
  record: Omit<MetricsRecord, 'schema'>,
): Promise<void> {
  const { project, endpointId, sessionId, values, updatedAt } = record;
  const session = await tables
    .updateTable('metrics')
    .set({ values_json: formatMetricValues(values), updated_at: updatedAt })
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .where('session_id', '=', sessionId)
    .returning('schema_hash')
    .executeTakeFirst();
  if (session !== undefined) await points.add(tables, { ...record, schemaHash: session.schema_hash });
}
