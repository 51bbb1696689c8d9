import type { FastifyInstance } from 'fastify';
import { DEFAULT_PROJECT } from 'iroh-net-diagnostics/services';
import { fell, growth, type MetricSpan } from '../metrics/point.js';
import { HOUR_MS, TIERS, type TierName } from '../metrics/tiers.js';
import type { MetricHistories, MetricLine } from '../store/metric-series.js';
import { KEY_ID } from './api.js';
import { MAX_QUERY_TEXT } from './constants.js';
import { parametersOf, wholeNumber } from './endpoint-query.js';
import { HttpError } from './http-error.js';
import { idIn } from './id-in.js';

const DEFAULT_POINTS = 200;
const MAX_POINTS = 1_000;
/** Without `from`. */
const DEFAULT_SPAN_MS = 3 * HOUR_MS;
/** Times in JavaScript have no more. */
const MAX_TIME = 8_640_000_000_000_000;

/** What the history of metrics uses. */
export interface MetricHistoryContext {
  metrics: MetricHistories;
}

/** Adds the history of metrics. */
export function addMetricHistory(app: FastifyInstance, { metrics }: MetricHistoryContext): void {
  app.get<{ Params: { id: string } }>(
    `/api/endpoints/${KEY_ID}/metrics/names`,
    { config: { needs: 'signed-in' } },
    async ({ params }) => ({
      names: await metrics.names(refIn(params.id)),
    }),
  );

  app.get<{ Params: { id: string } }>(
    `/api/endpoints/${KEY_ID}/metrics/series`,
    { config: { needs: 'signed-in' } },
    async ({ params, url }) => {
      const { tier, spanMs, lines } = await metrics.read(refIn(params.id), queryIn(url, metrics.now()));
      return { tier, spanMs, lines: lines.map(lineJson) };
    },
  );
}

function refIn(id: string) {
  return { project: DEFAULT_PROJECT, id: idIn(id, 404, 'There is no such endpoint.') };
}

/** `?name=socket_recv_datagrams&from=…&to=…&tier=hours&points=200`. @throws HttpError 400 */
function queryIn(url: string, now: number) {
  const parameters = parametersOf(url);
  const name = parameters.get('name') ?? '';
  if (name === '' || name.length > MAX_QUERY_TEXT)
    throw new HttpError(400, `name has to be a text of at most ${MAX_QUERY_TEXT} characters.`);
  const to = timeIn(parameters, 'to') ?? now + 1;
  const from = timeIn(parameters, 'from') ?? to - DEFAULT_SPAN_MS;
  if (from >= to) throw new HttpError(400, 'from has to be before to.');
  const points = parameters.get('points');
  const most = points === null ? DEFAULT_POINTS : wholeNumber(points, 'points', MAX_POINTS);
  return { name, from, to, tier: tierIn(parameters.get('tier')), most };
}

function timeIn(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name);
  if (text === null) return null;
  const time = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (time <= MAX_TIME) return time;
  throw new HttpError(400, `${name} has to be a time in unix milliseconds.`);
}

function tierIn(text: string | null): TierName | undefined {
  if (text === null) return undefined;
  const names = TIERS.map((tier) => tier.name);
  const known = names.find((name) => name === text);
  if (known === undefined) throw new HttpError(400, `tier has to be one of ${names.join(', ')}.`);
  return known;
}

/** Whole numbers of 64 bits go as text: a number of JSON would lose their last digits. */
function lineJson({ sessionId, labels, type, points }: MetricLine) {
  return {
    sessionId,
    labels,
    type,
    points: points.map(({ at, samples, span }, index) => ({
      at,
      samples,
      ...valuesOf(span, samples, points[index - 1]?.span),
    })),
  };
}

/** @param before - that of the point before: what a counter grew by in between belongs to this one */
function valuesOf(span: MetricSpan, samples: number, before: MetricSpan | undefined) {
  switch (span.type) {
    case 'counter': {
      const increase = before?.type === 'counter' ? growth(before, span) : span.increase;
      return { value: String(span.last), increase: String(increase), fell: fell(span) };
    }
    case 'gauge': {
      const [min, max] = [String(span.min), String(span.max)];
      return { value: String(span.last), min, max, average: Number(span.sum) / samples };
    }
    case 'histogram': {
      const { count } = span;
      const increase = before?.type === 'histogram' ? growth(before.count, count) : count.increase;
      const sum = Number.isFinite(span.sum) ? span.sum : null;
      return { value: String(count.last), increase: String(increase), fell: fell(count), sum };
    }
  }
}
