/** What to draw of the history of a metric. Pure. */
import type { MetricLineJson } from '../dashboard/answers.js';
import { numberText } from './format.js';

/** A value at a time, unix milliseconds. */
export interface ChartPoint {
  at: number;
  value: number;
}

/** One line, ready to be drawn. */
export interface ChartView {
  /** Which of the lines of its name it is; may be empty. */
  label: string;
  points: readonly ChartPoint[];
  /** For `d` of a path in a box of {@link WIDTH} × {@link HEIGHT}; empty: there is nothing to draw. */
  path: string;
  latest: string;
  /** From the lowest to the highest value. */
  range: string;
}

export const WIDTH = 400;
export const HEIGHT = 48;
/** The stroke is as wide; it must not be cut. */
const EDGE = 2;
/** A line is broken where points are missing: so many times the usual distance. */
const GAP = 3;

/** @param span - what the chart shows, unix milliseconds */
export function viewLine(
  { labels, type, points }: MetricLineJson,
  span: { from: number; to: number },
): ChartView {
  const values = type === 'gauge' ? points.map(gaugePoint) : rates(points);
  const last = values.at(-1);
  const unit = type === 'gauge' ? '' : ' a second';
  const [low, high] = bounds(values);
  return {
    label: labels.map(([key, value]) => `${key}=${value}`).join(', '),
    points: values,
    path: pathOf(values, span),
    latest: last === undefined ? '' : `${valueText(last.value)}${unit}`,
    range: last === undefined ? '' : `${valueText(low)} to ${valueText(high)}${unit}`,
  };
}

function gaugePoint({ at, average, value }: MetricLineJson['points'][number]): ChartPoint {
  return { at, value: average ?? Number(value) };
}

/** How much a counter grew, a second, since the point before. */
function rates(points: MetricLineJson['points']): ChartPoint[] {
  return points.slice(1).map(({ at, increase = '0' }, index) => ({
    at,
    value: (1000 * Number(increase)) / Math.max(1, at - (points[index]?.at ?? at)),
  }));
}

function bounds(points: readonly ChartPoint[]): [low: number, high: number] {
  const values = points.map(({ value }) => value);
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}

/** From the lowest value at the bottom to the highest at the top; what never changes lies in the middle. */
function pathOf(points: readonly ChartPoint[], { from, to }: { from: number; to: number }): string {
  const [low, high] = bounds(points);
  const x = (at: number) => ((at - from) / Math.max(1, to - from)) * WIDTH;
  const y = (value: number) => {
    const share = high === low ? 0.5 : (value - low) / (high - low);
    return HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE);
  };
  const usual = usualDistance(points);
  return points
    .map(({ at, value }, index) => {
      const before = points[index - 1];
      const isNew = before === undefined || at - before.at > GAP * usual;
      // A point alone is a line of no length, which round ends make visible.
      return `${isNew ? 'M' : 'L'}${x(at).toFixed(1)} ${y(value).toFixed(1)}${isNew ? 'h0' : ''}`;
    })
    .join('');
}

function usualDistance(points: readonly ChartPoint[]): number {
  const distances = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at));
  return distances.toSorted((a, b) => a - b)[distances.length >> 1] ?? 0;
}

/** '1,234', '0.25' */
export function valueText(value: number): string {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return numberText(Math.round(value));
  return String(Number(value.toPrecision(3)));
}
