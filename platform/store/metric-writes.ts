import { createHash } from 'node:crypto';
import { type MetricsRecord, metricTypes } from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import { formatMetricValues } from './rows.js';
import type { Tables } from './schema.js';

/** Adds or replaces a session with its schema, and drops all but the newest `keep` of the endpoint. */
export async function writeMetricsSession(
  tables: Transaction<Tables>,
  { project, endpointId, sessionId, schema, values, updatedAt }: MetricsRecord,
  keep: number,
): Promise<void> {
  const schemaJson = JSON.stringify(schema);
  const hash = createHash('sha256').update(schemaJson).digest('hex').slice(0, 32);
  await tables
    .insertInto('metric_schemas')
    .values({ project, hash, types: metricTypes(schema.items), schema_json: schemaJson })
    .onConflict((conflict) => conflict.columns(['project', 'hash']).doNothing())
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
  await tables
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
    .execute();
}

/** Replaces the values of a known session. */
export async function writeMetricValues(
  tables: Transaction<Tables>,
  { project, endpointId, sessionId, values, updatedAt }: Omit<MetricsRecord, 'schema'>,
): Promise<void> {
  await tables
    .updateTable('metrics')
    .set({ values_json: formatMetricValues(values), updated_at: updatedAt })
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .where('session_id', '=', sessionId)
    .execute();
}
