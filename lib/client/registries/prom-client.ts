import type { MetricSample } from '../metrics-update.js';
import { counterValue, gaugeValue, histogramValue, sampleOf } from './samples.js';

/** One line of a metric, in the form of `prom-client`. */
export interface PromValueLike {
  value: number;
  labels: object;
  /** For a histogram: `…_bucket`, `…_sum`, `…_count`; for a summary the last two. */
  metricName?: string | undefined;
}

/** One metric, in the form of `prom-client`. */
export interface PromMetricLike {
  name: string;
  help: string;
  /** `counter`, `gauge`, `histogram`, `summary`. */
  type: unknown;
  values?: readonly PromValueLike[] | undefined;
}

/** A registry of `prom-client`. */
export interface PromRegistryLike {
  /** All metrics as they are now. */
  getMetricsAsJSON(): Promise<readonly PromMetricLike[]>;
}

/** @throws what a `collect` function of the app throws */
export async function readPromClient(registry: PromRegistryLike): Promise<MetricSample[]> {
  return (await registry.getMetricsAsJSON()).flatMap(samplesOf);
}

function samplesOf({ name, help, type, values = [] }: PromMetricLike): MetricSample[] {
  // Older versions give the type as a number or a word, newer ones as a word.
  const one = String(type) === 'counter' ? counterValue : String(type) === 'gauge' ? gaugeValue : null;
  if (one !== null)
    return values.flatMap(({ labels, value }) => sampleOf(name, help, { ...labels }, one(value)));
  return distributions(name, values).flatMap(({ labels, buckets, sum, count }) =>
    sampleOf(name, help, labels, histogramValue(buckets, sum, count)),
  );
}

/** Groups the lines of a histogram or a summary by their labels. A summary has no buckets, only sum and count. */
function distributions(name: string, values: readonly PromValueLike[]) {
  const found = new Map<
    string,
    { labels: object; buckets: [number, number][]; sum: number; count: number }
  >();
  for (const { metricName, labels, value } of values) {
    const { le, quantile: _, ...own } = labels as Record<string, unknown>;
    const key = JSON.stringify(Object.entries(own).sort());
    const entry = found.get(key) ?? { labels: own, buckets: [], sum: 0, count: 0 };
    found.set(key, entry);
    if (metricName === `${name}_bucket`) entry.buckets.push([boundOf(le), value]);
    else if (metricName === `${name}_sum`) entry.sum = value;
    else if (metricName === `${name}_count`) entry.count = value;
  }
  return [...found.values()].map((entry) => ({ ...entry, labels: { ...entry.labels } }));
}

function boundOf(le: unknown): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}
