/** What metrics did during a span of time, and how spans of one process join. Pure. */
import type { MetricValue } from 'iroh-net-diagnostics/services';

/** A number that only grows. It falls when its process counts from 0 again. */
export interface CounterSpan {
  type: 'counter';
  /** At the first sample. */
  first: bigint;
  /** At the last sample. */
  last: bigint;
  /** By how much it grew from the first sample to the last; what it had after a fall counts in full. */
  increase: bigint;
}

/** A number that goes up and down. How many samples it has, the {@link Point} knows. */
export interface GaugeSpan {
  type: 'gauge';
  min: bigint;
  max: bigint;
  /** Of all samples. */
  sum: bigint;
  last: bigint;
}

/** A histogram: all but its growth is that of the last sample. */
export interface HistogramSpan {
  type: 'histogram';
  /** Samples that the app has put in, as a counter. */
  count: Omit<CounterSpan, 'type'>;
  sum: number;
  /** Bounds, and how many were at most that; cumulative. */
  buckets: [number, bigint][];
}

export type MetricSpan = CounterSpan | GaugeSpan | HistogramSpan;

/**
 * All metrics of one session over one span of time. A point of one sample is a push.
 * A metric that is not in `spans` was zero all the time: most are, and need no place.
 */
export interface Point {
  /** How many pushes are in it; 1 or more. */
  samples: number;
  /** By their place in the session's schema, ascending. */
  spans: ReadonlyMap<number, MetricSpan>;
}

/** A push as a point. */
export function pointOf(values: readonly MetricValue[]): Point {
  const spans = new Map<number, MetricSpan>();
  for (const [index, value] of values.entries()) {
    if (!isZero(value)) spans.set(index, spanOf(value));
  }
  return { samples: 1, spans };
}

/**
 * Joins the points of one session. It does not matter which neighbours are joined first.
 * @param points - at least one, in the order of time
 */
export function joinPoints(points: readonly Point[]): Point {
  const [first] = points;
  if (first === undefined) throw new RangeError('no point to join');
  if (points.length === 1) return first;
  const places = new Set(points.flatMap(({ spans }) => [...spans.keys()]));
  const spans = [...places]
    .sort((a, b) => a - b)
    .map((place): [number, MetricSpan] => {
      const type = points.find(({ spans }) => spans.has(place))?.spans.get(place)?.type ?? 'counter';
      return [place, joinSpans(points.map((point) => spanIn(point, place, type)))];
    });
  return { samples: points.reduce((sum, { samples }) => sum + samples, 0), spans: new Map(spans) };
}

/** As {@link joinPoints}, of one metric. @param spans - at least one, in the order of time, all of one type */
export function joinSpans(spans: readonly MetricSpan[]): MetricSpan {
  return spans.reduce(joinTwo);
}

/** What a metric was that a point does not have. */
export function zeroSpan(type: MetricSpan['type']): MetricSpan {
  return ZERO[type];
}

/** By how much a counter grew from the end of one span to the end of a later one. */
export function growth(before: Omit<CounterSpan, 'type'>, after: Omit<CounterSpan, 'type'>): bigint {
  return between(before, after) + after.increase;
}

/** One metric of a point; zero all the time when the point does not have it. */
export function spanIn(point: Point, index: number, type: MetricSpan['type']): MetricSpan {
  const span = point.spans.get(index);
  return span?.type === type ? span : ZERO[type];
}

/** Whether a counter fell in that span: its process counted from 0 again. */
export function fell({ first, last, increase }: Omit<CounterSpan, 'type'>): boolean {
  return increase !== last - first;
}

const ZERO: Readonly<Record<MetricSpan['type'], MetricSpan>> = {
  counter: { type: 'counter', first: 0n, last: 0n, increase: 0n },
  gauge: { type: 'gauge', min: 0n, max: 0n, sum: 0n, last: 0n },
  histogram: { type: 'histogram', count: { first: 0n, last: 0n, increase: 0n }, sum: 0, buckets: [] },
};

function isZero(value: MetricValue): boolean {
  if (value.type !== 'histogram') return value.value === 0n;
  return value.count === 0n && value.sum === 0 && value.buckets.every(([, count]) => count === 0n);
}

function spanOf(value: MetricValue): MetricSpan {
  switch (value.type) {
    case 'counter':
      return { type: 'counter', first: value.value, last: value.value, increase: 0n };
    case 'gauge':
      return { type: 'gauge', min: value.value, max: value.value, sum: value.value, last: value.value };
    case 'histogram': {
      const { count, sum, buckets } = value;
      return { type: 'histogram', count: { first: count, last: count, increase: 0n }, sum, buckets };
    }
  }
}

function joinTwo(before: MetricSpan, after: MetricSpan): MetricSpan {
  if (before.type === 'counter' && after.type === 'counter')
    return { type: 'counter', ...joinCounts(before, after) };
  if (before.type === 'histogram' && after.type === 'histogram')
    return { ...after, count: joinCounts(before.count, after.count) };
  if (before.type === 'gauge' && after.type === 'gauge') {
    return {
      type: 'gauge',
      min: (before.min < after.min ? before : after).min,
      max: (before.max > after.max ? before : after).max,
      sum: before.sum + after.sum,
      last: after.last,
    };
  }
  return after;
}

function joinCounts(before: Omit<CounterSpan, 'type'>, after: Omit<CounterSpan, 'type'>) {
  return {
    first: before.first,
    last: after.last,
    increase: before.increase + growth(before, after),
  };
}

/** After a fall it counted from 0. */
function between(before: Omit<CounterSpan, 'type'>, after: Omit<CounterSpan, 'type'>): bigint {
  return after.first >= before.last ? after.first - before.last : after.first;
}
