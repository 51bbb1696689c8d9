import type { EndpointRef, MetricSchema, MetricsRecord, MetricValue } from 'iroh-net-diagnostics/services';
import { type Static, Type } from 'typebox';
import { fell, growth, type MetricSpan } from '../../metrics/point.js';
import { HOUR_MS, TIERS, type TierName } from '../../metrics/tiers.js';
import type { MetricLine } from '../../store/metric-series.js';
import { MAX_METRIC_ROWS, MAX_QUERY_TEXT } from '../constants.js';
import { idIn } from '../id-in.js';
import { invalidQuery } from './problem.js';
import { OfEndpoint, Pair, page, text, time, whole, words } from './schemas.js';
import type { Api, ApiContext } from './types.js';

const DEFAULT_POINTS = 200;
const MAX_POINTS = 1_000;
/** Without `from`. */
const DEFAULT_SPAN_MS = 3 * HOUR_MS;

const MetricType = words(['counter', 'gauge', 'histogram']);
const Tier = words(TIERS.map(({ name }) => name) as TierName[], {
  description: 'How long the spans of the points are. Default: the finest that reaches back to `from`.',
});
/** Whole numbers of 64 bits go as text: a number of JSON would lose their last digits. */
const Big = Type.String({ description: 'A whole number of 64 bits.' });

const MetricsSession = Type.Object(
  {
    sessionId: Type.String({ description: 'One run of the app.' }),
    updatedAt: time(),
    total: Type.Integer({ description: `How many there are; \`rows\` has at most ${MAX_METRIC_ROWS}.` }),
    rows: Type.Array(
      Type.Object({
        name: Type.String(),
        type: MetricType,
        labels: Type.String(),
        help: Type.String(),
        value: Type.String(),
        buckets: Type.Array(Type.String()),
      }),
    ),
  },
  { title: 'MetricsSession', description: 'The latest values of one run of an app.' },
);

const MetricName = Type.Object(
  { name: Type.String(), type: MetricType, help: Type.String() },
  { title: 'MetricName' },
);

const Line = Type.Object(
  {
    sessionId: Type.String(),
    labels: Type.Array(Pair),
    type: MetricType,
    points: Type.Array(
      Type.Object({
        at: time('The beginning of the span, unix milliseconds.'),
        samples: Type.Integer(),
        value: Type.String({ description: 'The last; of a histogram its count. A whole number of 64 bits.' }),
        increase: Type.Optional(Big),
        fell: Type.Optional(Type.Boolean({ description: 'Whether it began anew within the span.' })),
        min: Type.Optional(Big),
        max: Type.Optional(Big),
        average: Type.Optional(Type.Number()),
        sum: Type.Optional(Type.Union([Type.Number(), Type.Null()])),
      }),
    ),
  },
  {
    title: 'MetricLine',
    description: 'Counters and histograms have `increase` and `fell`, gauges `min`, `max` and `average`.',
  },
);

const Series = Type.Object(
  { tier: Tier, spanMs: Type.Integer(), lines: Type.Array(Line) },
  {
    title: 'MetricSeries',
    description: 'A line for each run of the app and each set of labels, the newest first.',
  },
);

/** The name of a metric that has a history. */
export type MetricNameJson = Static<typeof MetricName>;
/** The history of one run of an app and one set of labels. */
export type MetricLineJson = Static<typeof Line>;
/** The history of a metric. */
export type MetricSeriesJson = Static<typeof Series>;
/** The latest values of one metrics session. */
export type MetricsSessionJson = Static<typeof MetricsSession>;

/** Adds the metrics of endpoints. */
export function addMetrics(api: Api, { services, metrics }: ApiContext): void {
  api.get(
    '/projects/:project/endpoints/:endpoint/metrics',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'getMetrics',
        summary: 'The latest values of the metrics, the newest run of the app first',
        tags: ['metrics'],
        params: OfEndpoint,
        response: { 200: page(MetricsSession, 'MetricsSessionPage') },
      },
    },
    async ({ params }) => whole((await services.metrics(refIn(params))).map(metricsJson)),
  );

  api.get(
    '/projects/:project/endpoints/:endpoint/metrics/names',
    {
      config: { needs: 'fleet:read', etag: 'weak' },
      schema: {
        operationId: 'listMetricNames',
        summary: 'The metrics of which there is a history',
        tags: ['metrics'],
        params: OfEndpoint,
        response: { 200: page(MetricName, 'MetricNamePage') },
      },
    },
    async ({ params }) => whole(await metrics.names(refIn(params))),
  );

  api.get(
    '/projects/:project/endpoints/:endpoint/metrics/series',
    {
      config: { needs: 'fleet:read' },
      schema: {
        operationId: 'getMetricSeries',
        summary: 'A metric over time',
        tags: ['metrics'],
        params: OfEndpoint,
        querystring: Type.Object(
          {
            name: text(MAX_QUERY_TEXT, { minLength: 1, examples: ['socket_recv_datagrams'] }),
            from: Type.Optional(time('Unix milliseconds. Default: three hours before `to`.')),
            to: Type.Optional(time('Unix milliseconds. Default: now.')),
            tier: Type.Optional(Tier),
            points: Type.Optional(
              Type.Integer({
                minimum: 1,
                maximum: MAX_POINTS,
                default: DEFAULT_POINTS,
                description: 'At most so many in a line.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: Series },
      },
    },
    async ({ params, query }) => {
      const to = query.to ?? metrics.now() + 1;
      const from = query.from ?? to - DEFAULT_SPAN_MS;
      if (from >= to) throw invalidQuery('from', 'has to be before to.');
      const { name, tier, points = DEFAULT_POINTS } = query;
      const found = await metrics.read(refIn(params), { name, from, to, tier, most: points });
      return { tier: found.tier, spanMs: found.spanMs, lines: found.lines.map(lineJson) };
    },
  );
}

function refIn({ project, endpoint }: Static<typeof OfEndpoint>): EndpointRef {
  return { project, id: idIn(endpoint, 404, 'There is no such endpoint.') };
}

function metricsJson({ sessionId, updatedAt, schema, values }: MetricsRecord): MetricsSessionJson {
  const rows = schema.items.slice(0, MAX_METRIC_ROWS).map((item, index) => ({
    name: [...item.prefixes, item.name].join('_'),
    type: item.type,
    labels: labelsText(item),
    help: schema.help?.[index] ?? '',
    value: valueText(values[index]),
    buckets: bucketTexts(values[index]),
  }));
  return { sessionId, updatedAt, total: schema.items.length, rows };
}

/** How many samples were at most each bound: the wire's counts are cumulative, as OpenMetrics has them. */
function bucketTexts(value: MetricValue | undefined): string[] {
  if (value?.type !== 'histogram') return [];
  return value.buckets.map(([bound, count]) =>
    bound === Number.POSITIVE_INFINITY ? `all: ${count}` : `≤ ${bound}: ${count}`,
  );
}

function labelsText({ labels }: MetricSchema): string {
  return labels.map(([key, value]) => `${key}=${value}`).join(', ');
}

function valueText(value: MetricValue | undefined): string {
  if (value === undefined) return '';
  return value.type === 'histogram' ? `${value.count} samples, sum ${value.sum}` : value.value.toString();
}

function lineJson({ sessionId, labels, type, points }: MetricLine): Static<typeof Line> {
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
