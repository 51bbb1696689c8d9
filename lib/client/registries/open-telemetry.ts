import type { MetricValue } from '../../wire/index.js';
import type { MetricSample } from '../metrics-update.js';
import { counterValue, gaugeValue, histogramValue, sampleOf } from './samples.js';

/** One metric, in the form of OpenTelemetry's metrics SDK. */
export interface OtelMetricLike {
  descriptor: { name: string; description: string; unit: string };
  /** 0: since the last reading, 1: since the start. */
  aggregationTemporality: number;
  /** 0: histogram, 1: exponential histogram, 2: gauge, 3: sum. */
  dataPointType: number;
  /** For a sum: whether it never falls. */
  isMonotonic?: boolean | undefined;
  dataPoints: readonly { attributes: object; value: unknown }[];
}

/** A `MetricReader` of OpenTelemetry's metrics SDK. */
export interface MetricReaderLike {
  /** All metrics as they are now. The `MeterProvider` must know the reader. */
  collect(): Promise<{
    resourceMetrics: { scopeMetrics: readonly { metrics: readonly OtelMetricLike[] }[] };
  }>;
}

const CUMULATIVE = 1;
const [HISTOGRAM, EXPONENTIAL_HISTOGRAM, GAUGE, SUM] = [0, 1, 2, 3];

/** @throws what the reader throws: it belongs to no provider, or was shut down */
export async function readOpenTelemetry(reader: MetricReaderLike): Promise<MetricSample[]> {
  const { resourceMetrics } = await reader.collect();
  return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics.flatMap(samplesOf));
}

function samplesOf(metric: OtelMetricLike): MetricSample[] {
  const { descriptor, dataPointType, aggregationTemporality, dataPoints } = metric;
  // A sum since the last reading would look like a counter that falls.
  if (dataPointType !== GAUGE && aggregationTemporality !== CUMULATIVE) return [];
  const { description, unit } = descriptor;
  const help = unit === '' ? description : `${description} (${unit})`.trim();
  // As OpenTelemetry's Prometheus exporter does: names must not contain a dot there.
  const name = descriptor.name.replace(/[^a-zA-Z0-9_:]/g, '_');
  return dataPoints.flatMap(({ attributes, value }) =>
    sampleOf(name, help, { ...attributes }, valueOfPoint(metric, value)),
  );
}

function valueOfPoint({ dataPointType, isMonotonic }: OtelMetricLike, value: unknown): MetricValue | null {
  if (typeof value === 'number') {
    return dataPointType === SUM && isMonotonic === true ? counterValue(value) : gaugeValue(value);
  }
  if (dataPointType !== HISTOGRAM && dataPointType !== EXPONENTIAL_HISTOGRAM) return null;
  const { sum, count, buckets } = value as {
    sum?: number;
    count: number;
    buckets?: { boundaries: readonly number[]; counts: readonly number[] };
  };
  // An exponential histogram has no bounds that the wire could carry, so only its sum and count are sent. Without a sum
  // (some values were negative) nothing is sent.
  if (sum === undefined) return null;
  return histogramValue(dataPointType === HISTOGRAM ? cumulated(buckets) : [], sum, count);
}

/** Turns each bucket's own count into the count of all values up to its bound. The last bucket has no bound. */
function cumulated(buckets?: {
  boundaries: readonly number[];
  counts: readonly number[];
}): [number, number][] {
  let upTo = 0;
  return (buckets?.counts ?? []).map((count, index): [number, number] => {
    upTo += count;
    return [buckets?.boundaries[index] ?? Number.POSITIVE_INFINITY, upTo];
  });
}
