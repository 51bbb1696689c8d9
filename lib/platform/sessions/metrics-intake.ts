import type { MetricsSchema, MetricsUpdate, MetricValue } from '../../wire/index.js';
import { MAX_METRICS_ITEMS, MAX_METRICS_SESSIONS } from '../constants.js';
import type { Store } from '../store/store.js';

/** A metrics push and where it comes from. */
export interface MetricsPush {
  endpointId: string;
  sessionId: Uint8Array;
  update: MetricsUpdate;
  /** Unix milliseconds. */
  receivedAt: number;
}

/**
 * Stores the latest values of a session. A schema is kept even when its values are refused: the official client never
 * repeats it. Values whose schema is unknown are taken and dropped, for the same reason.
 * @returns `null`, or why the update is refused
 */
export async function takeMetrics(store: Store, push: MetricsPush): Promise<string | null> {
  const { endpointId, update, receivedAt } = push;
  const sessionId = Buffer.from(push.sessionId).toString('hex');
  const items = update.schema?.items.length ?? 0;
  if (items > MAX_METRICS_ITEMS) return `${items} metrics are more than ${MAX_METRICS_ITEMS}`;
  const known = await store.metrics(endpointId, sessionId);
  const schema = update.schema ?? known?.schema;
  if (schema === undefined) return null;
  const fits = valuesFit(schema, update.values);
  if (!fits && update.schema === null) return 'the values do not fit the schema of the session';
  const values = fits ? update.values : [];
  await store.putMetrics(
    { endpointId, sessionId, schema, values, updatedAt: receivedAt },
    MAX_METRICS_SESSIONS,
  );
  return fits ? null : 'the values do not fit their schema';
}

function valuesFit(schema: MetricsSchema, values: readonly MetricValue[]): boolean {
  return (
    schema.items.length === values.length &&
    schema.items.every((item, index) => item.type === values[index]?.type)
  );
}
