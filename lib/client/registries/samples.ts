/** Turns measured numbers into the values of the wire. Pure. */
import type { MetricValue } from '../../wire/index.js';
import type { MetricSample } from '../metrics-update.js';

const MAX_U64 = 2n ** 64n - 1n;
const MAX_I64 = 2n ** 63n - 1n;

/** A count, cut to a whole number. `null` if it is not a count. */
export function counterValue(value: number): MetricValue | null {
  const whole = wholeNumber(Math.trunc(value));
  return whole === null || whole < 0n || whole > MAX_U64 ? null : { type: 'counter', value: whole };
}

/** A level, rounded, since the wire only has whole numbers. `null` if it is not a number that fits. */
export function gaugeValue(value: number): MetricValue | null {
  const whole = wholeNumber(Math.round(value));
  return whole === null || whole < -MAX_I64 - 1n || whole > MAX_I64 ? null : { type: 'gauge', value: whole };
}

/**
 * A distribution.
 * @param buckets - upper bounds with the number of samples up to each; empty: only sum and count
 */
export function histogramValue(
  buckets: readonly (readonly [bound: number, count: number])[],
  sum: number,
  count: number,
): MetricValue | null {
  const counts = [...buckets.map(([, upTo]) => upTo), count].map(wholeNumber);
  const total = counts.pop() ?? null;
  if (total === null || total < 0n || Number.isNaN(sum)) return null;
  const pairs: [number, bigint][] = [];
  for (const [index, [bound]] of buckets.entries()) {
    const upTo = counts[index] ?? null;
    if (upTo === null || upTo < 0n || Number.isNaN(bound)) return null;
    pairs.push([bound, upTo]);
  }
  return { type: 'histogram', buckets: pairs, sum, count: total };
}

/** @param labels - of any kind; sorted, so that the same labels always compare as equal */
export function sampleOf(
  name: string,
  help: string,
  labels: Readonly<Record<string, unknown>>,
  value: MetricValue | null,
): MetricSample[] {
  if (value === null) return [];
  const texts = Object.entries(labels)
    .filter(([, label]) => label !== undefined && label !== null)
    .map(([key, label]): [string, string] => [
      key,
      typeof label === 'object' ? JSON.stringify(label) : String(label),
    ])
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  return [{ item: { type: value.type, name, prefixes: [], labels: texts }, help, value }];
}

function wholeNumber(value: number): bigint | null {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
}
