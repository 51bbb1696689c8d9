import { printable } from '../../text.js';
import type { MetricsSchema, MetricsUpdate, MetricValue } from '../../wire/index.js';
import {
  MAX_METRIC_HELP,
  MAX_METRIC_LABELS,
  MAX_METRIC_PREFIXES,
  MAX_METRICS_BUCKETS,
  MAX_METRICS_ITEMS,
  MAX_METRICS_SESSIONS,
} from '../constants.js';
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
  const buckets = bucketsIn(update.values);
  if (buckets > MAX_METRICS_BUCKETS) return `${buckets} buckets are more than ${MAX_METRICS_BUCKETS}`;
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
    { ...record, schema: printableSchema(update.schema), values: fits ? update.values : [] },
    MAX_METRICS_SESSIONS,
  );
  return fits ? null : 'the values do not fit their schema';
}

function bucketsIn(values: readonly MetricValue[]): number {
  return values.reduce((sum, value) => sum + (value.type === 'histogram' ? value.buckets.length : 0), 0);
}

/** Its texts are shown to operators, and kept for each session: they are cleaned, and what nobody would read is cut. */
function printableSchema({ items, help }: MetricsSchema): MetricsSchema {
  return {
    items: items.map(({ type, name, prefixes, labels }) => ({
      type,
      name: printable(name),
      prefixes: prefixes.slice(0, MAX_METRIC_PREFIXES).map((prefix) => printable(prefix)),
      labels: labels
        .slice(0, MAX_METRIC_LABELS)
        .map(([key, value]): [string, string] => [printable(key), printable(value)]),
    })),
    help: help?.slice(0, items.length).map((text) => printable(text, MAX_METRIC_HELP)) ?? null,
  };
}
