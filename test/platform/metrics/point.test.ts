import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricValue } from '../../../lib/wire/index.js';
import { fell, joinPoints, type Point, pointOf, spanIn } from '../../../platform/metrics/point.js';
import { readMetric, readPoint, writePoint } from '../../../platform/metrics/point-text.js';
import { holds } from '../../wire/support.js';

const MAX_U64 = 2n ** 64n - 1n;
const counter = (value: bigint): MetricValue => ({ type: 'counter', value });
const gauge = (value: bigint): MetricValue => ({ type: 'gauge', value });
const histogram = (count: bigint, sum: number, buckets: [number, bigint][] = []): MetricValue => ({
  ...{ type: 'histogram', count, sum, buckets },
});
/** The only metric of pushes, joined. */
const joined = (...values: MetricValue[]) => {
  const point = joinPoints(values.map((value) => pointOf([value])));
  return spanIn(point, 0, values[0]?.type ?? 'counter');
};
const wentThrough = (point: Point) => readPoint(writePoint(point), point.samples);

describe('points of metrics', () => {
  it('keeps of a push what is not zero, by its place', () => {
    const point = pointOf([counter(0n), gauge(-3n), histogram(0n, 0, [[1, 0n]]), counter(7n)]);
    expect([...point.spans.keys()]).toEqual([1, 3]);
    expect(spanIn(point, 0, 'counter')).toEqual({ type: 'counter', first: 0n, last: 0n, increase: 0n });
    expect(spanIn(point, 3, 'counter')).toEqual({ type: 'counter', first: 7n, last: 7n, increase: 0n });
  });

  it.each<[string, bigint[], { first: bigint; last: bigint; increase: bigint }, boolean]>([
    ['grows', [5n, 5n, 9n], { first: 5n, last: 9n, increase: 4n }, false],
    ['begins at zero', [0n, 0n, 9n], { first: 0n, last: 9n, increase: 9n }, false],
    ['falls, and grows beyond what it was', [10n, 3n, 30n], { first: 10n, last: 30n, increase: 30n }, true],
    ['falls to zero', [10n, 0n], { first: 10n, last: 0n, increase: 0n }, true],
    ['is as large as a u64', [0n, MAX_U64], { first: 0n, last: MAX_U64, increase: MAX_U64 }, false],
  ])('a counter that %s', (_, values, span, hasFallen) => {
    const got = joined(...values.map(counter));
    expect(got).toEqual({ type: 'counter', ...span });
    expect(fell(span)).toBe(hasFallen);
  });

  it('a gauge has its smallest, its largest, its sum and its last value, zeros among them', () => {
    expect(joined(gauge(4n), gauge(0n), gauge(-2n), gauge(3n))).toEqual({
      ...{ type: 'gauge', min: -2n, max: 4n, sum: 5n, last: 3n },
    });
  });

  it('a histogram is as its last sample was, and its count is a counter', () => {
    const buckets: [number, bigint][] = [
      [0.5, 1n],
      [Number.POSITIVE_INFINITY, 2n],
    ];
    expect(joined(histogram(5n, 1.5), histogram(2n, 0.25, buckets))).toEqual({
      ...{ type: 'histogram', count: { first: 5n, last: 2n, increase: 2n }, sum: 0.25, buckets },
    });
  });

  it('is damaged where a number is longer than any of ours, however long it would take to read', () => {
    const text = Buffer.from([1, 0, ...Array<number>(2_000).fill(0xff), 1]).toString('base64');
    expect(() => readPoint(text, 1)).toThrow('damaged');
  });

  it('takes few bytes', () => {
    const text = (values: MetricValue[]) => writePoint(pointOf(values));
    expect(text([])).toBe('AQ');
    // Format, place and kind, value.
    expect(Buffer.from(text([counter(100n)]), 'base64')).toHaveLength(3);
    expect(Buffer.from(text(Array.from({ length: 35 }, () => counter(100n))), 'base64')).toHaveLength(71);
    expect(Buffer.from(text([histogram(1n, 0.005, [[0.005, 1n]])]), 'base64').length).toBeLessThan(14);
  });

  it.each(['', 'Ag', 'AQ8', 'AQQ', '//////////////////', 'AQX////////////////'])(
    'a damaged point is an error: %s',
    (text) => {
      expect(() => readPoint(text, 1)).toThrow(/damaged/);
    },
  );

  const u64 = fc.oneof(fc.bigInt(0n, MAX_U64), fc.bigInt(0n, 300n), fc.constantFrom(0n, MAX_U64));
  const i64 = fc.oneof(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), fc.bigInt(-70n, 70n));
  const float = fc.oneof(
    fc.double(),
    fc.constantFrom(-0, 0.005, 0.1, 2.5, 1e21, 1e-12, Number.MIN_VALUE, Number.NEGATIVE_INFINITY),
    fc.integer().map((whole) => whole / 1000),
  );
  /** Pushes of one schema: three metrics, one of each type. */
  const pushes = fc.array(
    fc
      .tuple(u64, i64, u64, float, fc.array(fc.tuple(float, u64), { maxLength: 4 }))
      .map(([count, level, samples, sum, buckets]) => [
        ...[counter(count), gauge(level), histogram(samples, sum, buckets)],
      ]),
    { minLength: 1, maxLength: 12 },
  );

  it('come back from their text as they were', () => {
    holds(
      fc.property(pushes, (all) => {
        const points = all.map(pointOf);
        for (const point of points) expect(wentThrough(point)).toEqual(point);
        const point = joinPoints(points);
        expect(wentThrough(point)).toEqual(point);
        const text = writePoint(point);
        for (const index of [0, 1, 2, 3])
          expect(readMetric(text, point.samples, index)).toEqual(point.spans.get(index) ?? null);
      }),
    );
  });

  it('joined in groups, and the groups joined, are as all joined at once', () => {
    holds(
      fc.property(
        pushes,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
        (all, sizes) => {
          const points = all.map(pointOf);
          const groups: Point[] = [];
          for (let from = 0; from < points.length; from += sizes[groups.length - 1] ?? 1)
            groups.push(wentThrough(joinPoints(points.slice(from, from + (sizes[groups.length] ?? 1)))));
          expect(joinPoints(groups)).toEqual(joinPoints(points));
        },
      ),
    );
  });
});
