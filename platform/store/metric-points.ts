import { randomBytes } from 'node:crypto';
import type { MetricsRecord } from 'iroh-net-diagnostics/services';
import type { Transaction } from 'kysely';
import { Allowance } from '../metrics/allowance.js';
import { pointOf } from '../metrics/point.js';
import { writePoint } from '../metrics/point-text.js';
import { HOUR_MS, HOURS, RAW, spanStart } from '../metrics/tiers.js';
import { dropSeries, SPREAD_MS, schemaSize } from './metric-series-parts.js';
import type { Tables } from './schema.js';

/** Characters of a point. Two thousand metrics that are not zero have 12,000. */
const MAX_POINT = 32 * 1024;
/** What an endpoint may add: ten times what two thousand metrics need that are pushed once a minute. */
const BYTES_AT_ONCE = 1024 * 1024;
const BYTES_PER_SECOND = 2 * 1024;
/** Series of one endpoint: each start of its process makes one. */
const MAX_SERIES = 400;
/** Sessions whose series is remembered. */
const MAX_KNOWN = 20_000;

/** A push, and the hash by which its schema is kept. */
export interface Push extends Omit<MetricsRecord, 'schema'> {
  schemaHash: string;
}

interface Known {
  id: number;
  schemaHash: string;
  pushedAt: number;
}

/** Keeps each push as a point of its session's series. */
export class MetricPoints {
  readonly #allowance = new Allowance(BYTES_AT_ONCE, BYTES_PER_SECOND);
  /** By session. What it says may be out of date: then the push is not taken, and it is looked up. */
  readonly #known = new Map<string, Known>();

  /** Drops the push when its endpoint sends more than is kept of anybody. */
  async add(tables: Transaction<Tables>, push: Push): Promise<void> {
    const { project, endpointId, sessionId, schemaHash, updatedAt } = push;
    const point = writePoint(pointOf(push.values));
    if (point.length > MAX_POINT) return;
    const at = spanStart(updatedAt, RAW);
    const session = `${project} ${endpointId} ${sessionId}`;
    const known = this.#known.get(session);
    const endpoint = `${project} ${endpointId}`;
    const take = (size: number) => this.#allowance.take(endpoint, size, updatedAt);
    if (!take(point.length)) return;
    const isFresh = known?.schemaHash === schemaHash && updatedAt - known.pushedAt < HOUR_MS;
    if (isFresh && (await addPoint(tables, known.id, at, point))) {
      known.pushedAt = updatedAt;
      return;
    }
    const id = await seriesOf(tables, push, at, take);
    if (id === null) return;
    await addPoint(tables, id, at, point);
    this.#remember(session, { id, schemaHash, pushedAt: updatedAt });
  }

  #remember(session: string, known: Known): void {
    this.#known.delete(session);
    this.#known.set(session, known);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
  }
}

/** @returns whether there is such a series, and that time is not yet rolled up */
async function addPoint(tables: Transaction<Tables>, id: number, at: number, point: string) {
  const { numInsertedOrUpdatedRows: count } = await tables
    .insertInto('metric_points')
    .columns(['series', 'tier', 'at', 'samples', 'point'])
    .expression(({ selectFrom, val }) =>
      selectFrom('metric_series')
        .select(['id', val(RAW).as('tier'), val(at).as('at'), val(1).as('samples'), val(point).as('point')])
        .where('id', '=', id)
        .where('rolled_at', '<=', at),
    )
    .onConflict((conflict) =>
      conflict.columns(['series', 'tier', 'at']).doUpdateSet(({ ref }) => ({ point: ref('excluded.point') })),
    )
    .executeTakeFirst();
  return count !== undefined && count > 0n;
}

/** @param take - asks whether a new series may keep so many bytes of schema. @returns `null` if not */
async function seriesOf(
  tables: Transaction<Tables>,
  push: Push,
  at: number,
  take: (size: number) => boolean,
): Promise<number | null> {
  const { project, endpointId, sessionId, schemaHash, updatedAt } = push;
  const all = await tables
    .selectFrom('metric_series')
    .select(['id', 'session_id', 'schema_hash', 'rolled_at', 'due_at'])
    .where('project', '=', project)
    .where('endpoint_id', '=', endpointId)
    .orderBy('began_at', 'desc')
    .execute();
  const open = all.find(
    (row) => row.session_id === sessionId && row.schema_hash === schemaHash && Number(row.rolled_at) <= at,
  );
  const dueAt = updatedAt + HOUR_MS;
  if (open !== undefined) {
    const id = Number(open.id);
    // It was asleep.
    if (Number(open.due_at) > dueAt)
      await tables.updateTable('metric_series').set({ due_at: dueAt }).where('id', '=', id).execute();
    return id;
  }
  if (!take(await schemaSize(tables, project, schemaHash))) return null;
  for (const { id } of all.slice(MAX_SERIES - 1)) await dropSeries(tables, Number(id));
  const id = randomBytes(6).readUIntBE(0, 6);
  await tables
    .insertInto('metric_series')
    .values({
      ...{ id, project, endpoint_id: endpointId, session_id: sessionId, schema_hash: schemaHash },
      ...{
        began_at: at,
        rolled_at: spanStart(at, HOURS),
        due_at: dueAt + (id % SPREAD_MS),
        points: 0,
        bytes: 0,
      },
    })
    .execute();
  return id;
}
