/** Turns measured values into the metrics updates of the official client. Pure. */
import type { EndpointStat } from '../transport/index.js';
import type { MetricSchema, MetricsUpdate, MetricValue } from '../wire/index.js';

/** One measured value with its description. */
export interface MetricSample {
  item: MetricSchema;
  /** A text for people; may be empty. */
  help: string;
  value: MetricValue;
}

/**
 * The endpoint's counters.
 *
 * All are sent as counters: all 35 that the official client sends are counters (see `docs/decisions/metrics.md`), and
 * the binding gives numbers without their type. The binding's group is the prefix. A value that is not a count (not
 * finite, negative) is left out, since a zero would be a wrong measurement.
 * @param stats - in a stable order
 */
export function statSamples(stats: readonly EndpointStat[]): MetricSample[] {
  return stats
    .filter(({ value }) => Number.isFinite(value) && value >= 0)
    .map(({ group, name, help, value }) => ({
      item: { type: 'counter', name, prefixes: [group], labels: [] },
      help,
      value: { type: 'counter', value: BigInt(Math.trunc(value)) },
    }));
}

/** An update with its schema. */
export function metricsUpdate(samples: readonly MetricSample[]): MetricsUpdate {
  const schema = { items: samples.map(({ item }) => item), help: samples.map(({ help }) => help) };
  return { schema, values: samples.map(({ value }) => value) };
}

/** Whether the values of one update can be read with the schema of the other. */
export function sameMetrics(a: readonly MetricSample[], b: readonly MetricSample[]): boolean {
  return a.length === b.length && a.every(({ item }, index) => isSame(item, b[index]?.item));
}

function isSame(a: MetricSchema, b: MetricSchema | undefined): boolean {
  return (
    b !== undefined &&
    a.type === b.type &&
    a.name === b.name &&
    a.prefixes.length === b.prefixes.length &&
    a.prefixes.every((prefix, index) => prefix === b.prefixes[index]) &&
    a.labels.length === b.labels.length &&
    a.labels.every(([key, value], index) => key === b.labels[index]?.[0] && value === b.labels[index]?.[1])
  );
}

/** The 16 bytes of a UUID given as text. */
export function uuidBytes(uuid: string): Uint8Array {
  return Uint8Array.from(Buffer.from(uuid.replaceAll('-', ''), 'hex'));
}
