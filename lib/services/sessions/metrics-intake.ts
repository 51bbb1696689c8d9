import type { MetricsUpdate } from '../../wire/index.js';
import { MAX_METRICS_ITEMS, MAX_METRICS_SESSIONS } from '../constants.js';
import { type EndpointRef, metricTypes } from '../records.js';
import type { Store } from '../store.js';

/** A metrics push with its sender. */
export interface MetricsPush {
  ref: EndpointRef;
  sessionId: Uint8Array;
  update: MetricsUpdate;
  /** Unix milliseconds. */
  receivedAt: number;
}

/**
 * Stores the latest values of a session. A schema is kept even if its values are refused, since the official client
 * never repeats it. Values whose schema is unknown are accepted and dropped, for the same reason.
 * @returns `null`, or why the update is refused
 */
export async function takeMetrics(store: Store, push: MetricsPush): Promise<string | null> {
  const { ref, update, receivedAt } = push;
  const sessionId = Buffer.from(push.sessionId).toString('hex');
  const items = update.schema?.items.length ?? 0;
  if (items > MAX_METRICS_ITEMS) return `${items} metrics are more than ${MAX_METRICS_ITEMS}`;
  const record = { project: ref.project, endpointId: ref.id, sessionId, updatedAt: receivedAt };
  const values = metricTypes(update.values);
  if (update.schema === null) {
    const known = await store.metricTypes(ref, sessionId);
    if (known === null) return null;
    if (known !== values) return 'the values do not fit the schema of the session';
    await store.putMetricValues({ ...record, values: update.values });
    return null;
  }
  const fits = metricTypes(update.schema.items) === values;
  await store.putMetrics(
    { ...record, schema: update.schema, values: fits ? update.values : [] },
    MAX_METRICS_SESSIONS,
  );
  return fits ? null : 'the values do not fit their schema';
}
