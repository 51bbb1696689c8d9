import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.js';

/** Series become due spread over most of an hour, so that there is no rush at its beginning. */
export const SPREAD_MS = 50 * 60_000;

/** Removes a series with its points; its schema, too, when nothing else has it. */
export async function dropSeries(tables: Kysely<Tables>, id: number): Promise<void> {
  const row = await tables
    .deleteFrom('metric_series')
    .where('id', '=', id)
    .returning(['project', 'endpoint_id', 'schema_hash', 'points', 'bytes'])
    .executeTakeFirst();
  if (row === undefined) return;
  await countPoints(tables, row, -Number(row.points), -Number(row.bytes));
  await dropSchema(tables, row.project, row.schema_hash);
}

/** Adds to what is counted beside an endpoint. */
export async function countPoints(
  tables: Kysely<Tables>,
  { project, endpoint_id }: { project: string; endpoint_id: string },
  points: number,
  bytes: number,
): Promise<void> {
  if (points === 0 && bytes === 0) return;
  await tables
    .updateTable('endpoints')
    .set({ point_count: sql`point_count + ${points}`, point_bytes: sql`point_bytes + ${bytes}` })
    .where('project', '=', project)
    .where('id', '=', endpoint_id)
    .execute();
}

/** Removes a schema that neither a series nor a session's latest values need. */
export async function dropSchema(tables: Kysely<Tables>, project: string, hash: string): Promise<void> {
  await tables
    .deleteFrom('metric_schemas')
    .where('project', '=', project)
    .where('hash', '=', hash)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('metrics')
            .select('session_id')
            .where('project', '=', project)
            .where('schema_hash', '=', hash),
        ),
      ),
    )
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('metric_series')
            .select('id')
            .where('project', '=', project)
            .where('schema_hash', '=', hash),
        ),
      ),
    )
    .execute();
}

/** Characters of a schema. It counts in full for each session that has it: who sends many large ones holds many bytes. */
export async function schemaSize(tables: Kysely<Tables>, project: string, hash: string): Promise<number> {
  const row = await tables
    .selectFrom('metric_schemas')
    .select(sql<number | string>`length(schema_json)`.as('size'))
    .where('project', '=', project)
    .where('hash', '=', hash)
    .executeTakeFirst();
  return Number(row?.size ?? 0);
}
