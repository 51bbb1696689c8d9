import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, EndpointRef, MetricSchema, MetricsSchema } from 'iroh-net-diagnostics/services';
import type { Kysely, Selectable } from 'kysely';
import { joinSpans, type MetricSpan, zeroSpan } from '../metrics/point.js';
import { readMetric } from '../metrics/point-text.js';
import { RAW, spanStart, TIERS, type Tier, type TierAges, type TierName, tierFor } from '../metrics/tiers.js';
import { readable } from './readable.js';
import type { Tables } from './schema.js';

/** Sessions of an endpoint that are looked through, newest first. */
const MAX_SERIES = 100;
/** Lines of an answer: one for each session and each set of labels. */
const MAX_LINES = 50;

/** Which part of a metric's history is wanted. */
export interface MetricQuery {
  /** With its prefixes: `socket_recv_datagrams`. */
  name: string;
  /** Unix milliseconds. */
  from: number;
  to: number;
  /** Default: the finest that reaches back so far. */
  tier?: TierName | undefined;
  /** At most so many points in a line. */
  most: number;
}

/** A metric over time, of one session and with one set of labels. */
export interface MetricLine {
  sessionId: string;
  labels: MetricSchema['labels'];
  type: MetricSpan['type'];
  /** In the order of time. Spans without a push are left out. */
  points: { at: number; samples: number; span: MetricSpan }[];
}

/** A metric over time. */
export interface MetricHistory {
  tier: TierName;
  /** How long each point's span is, in milliseconds. */
  spanMs: number;
  /** The newest session first. */
  lines: MetricLine[];
}

/** A metric that an endpoint has sent. */
export interface MetricName {
  name: string;
  type: MetricSpan['type'];
  help: string;
}

/** Reads the history of metrics. */
export class MetricHistories {
  readonly #tables: Kysely<Tables>;
  readonly #ages: TierAges;
  readonly #clock: Clock;

  constructor(tables: Kysely<Tables>, ages: TierAges, clock: Clock) {
    this.#tables = tables;
    this.#ages = ages;
    this.#clock = clock;
  }

  /** One metric's history. */
  read(ref: EndpointRef, query: MetricQuery): Promise<MetricHistory> {
    return metricHistory(this.#tables, ref, query, this.#clock.now(), this.#ages);
  }

  /** The metrics of which an endpoint has a history, by name. */
  names(ref: EndpointRef): Promise<MetricName[]> {
    return metricNames(this.#tables, ref);
  }

  now(): number {
    return this.#clock.now();
  }
}

/** Reads one metric's history. What is not rolled up yet is joined here, so a coarse tier ends now, too. */
export async function metricHistory(
  tables: Kysely<Tables>,
  ref: EndpointRef,
  query: MetricQuery,
  now: number,
  ages: TierAges,
): Promise<MetricHistory> {
  const { name, from, to, most } = query;
  const asked = TIERS.findIndex((tier) => tier.name === query.tier);
  const tier = asked < 0 ? tierFor(from, to, now, ages, most) : (asked as Tier);
  const { spanMs: tierMs } = TIERS[tier];
  const spanMs = tierMs * Math.max(1, Math.ceil((to - from) / tierMs / most));
  const lines: MetricLine[] = [];
  const schemas = new SchemaReader(tables, ref.project);
  for (const series of await seriesOf(tables, ref)) {
    if (lines.length >= MAX_LINES) break;
    if (Number(series.began_at) >= to) continue;
    const schema = await schemas.read(series.schema_hash);
    const places = schema.items.flatMap((item, place) => (fullName(item) === name ? [{ item, place }] : []));
    if (places.length === 0) continue;
    const rows = await rowsOf(tables, series, tier, spanStart(from, tier), to);
    for (const { item, place } of places) {
      if (lines.length >= MAX_LINES) break;
      const points = pointsOf(rows, item.type, place, spanMs);
      const { labels, type } = item;
      if (points.length > 0) lines.push({ sessionId: series.session_id, labels, type, points });
      await turn();
    }
  }
  return { tier: TIERS[tier].name, spanMs, lines };
}

/** The metrics of which an endpoint has a history, by name. */
export async function metricNames(tables: Kysely<Tables>, ref: EndpointRef): Promise<MetricName[]> {
  const names = new Map<string, MetricName>();
  const schemas = new SchemaReader(tables, ref.project);
  for (const hash of new Set((await seriesOf(tables, ref)).map((series) => series.schema_hash))) {
    const { items, help } = await schemas.read(hash);
    for (const [place, item] of items.entries()) {
      const name = fullName(item);
      if (!names.has(name)) names.set(name, { name, type: item.type, help: help?.[place] ?? '' });
    }
    await turn();
  }
  return [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function fullName({ prefixes, name }: MetricSchema): string {
  return [...prefixes, name].join('_');
}

function seriesOf(tables: Kysely<Tables>, { project, id }: EndpointRef) {
  return tables
    .selectFrom('metric_series')
    .select(['id', 'session_id', 'schema_hash', 'began_at', 'rolled_at'])
    .where('project', '=', project)
    .where('endpoint_id', '=', id)
    .orderBy('began_at', 'desc')
    .orderBy('id')
    .limit(MAX_SERIES)
    .execute();
}

type Row = Pick<Selectable<Tables['metric_points']>, 'at' | 'samples' | 'point'>;
type Series = Pick<Selectable<Tables['metric_series']>, 'id' | 'rolled_at'>;

/** Those of the tier, and the pushes that are not in it yet. */
async function rowsOf(
  tables: Kysely<Tables>,
  { id, rolled_at }: Series,
  tier: Tier,
  from: number,
  to: number,
): Promise<Row[]> {
  const rows = (of: Tier, since: number) =>
    tables
      .selectFrom('metric_points')
      .select(['at', 'samples', 'point'])
      .where('series', '=', Number(id))
      .where('tier', '=', of)
      .where('at', '>=', since)
      .where('at', '<', to)
      .orderBy('at')
      .execute();
  if (tier === RAW) return rows(RAW, from);
  return [...(await rows(tier, from)), ...(await rows(RAW, Math.max(from, Number(rolled_at))))];
}

function pointsOf(
  rows: readonly Row[],
  type: MetricSpan['type'],
  place: number,
  spanMs: number,
): MetricLine['points'] {
  const spans = new Map<number, { samples: number; spans: MetricSpan[] }>();
  const read = readable(rows, ({ at, samples, point }) => ({
    at: Math.floor(Number(at) / spanMs) * spanMs,
    samples: Number(samples),
    span: readMetric(point, Number(samples), place) ?? zeroSpan(type),
  }));
  for (const { at, samples, span } of read) {
    const known = spans.get(at) ?? { samples: 0, spans: [] };
    known.samples += samples;
    known.spans.push(span);
    spans.set(at, known);
  }
  return [...spans].map(([at, known]) => ({ at, samples: known.samples, span: joinSpans(known.spans) }));
}

/** Reads each schema once. */
class SchemaReader {
  readonly #tables: Kysely<Tables>;
  readonly #project: string;
  readonly #known = new Map<string, MetricsSchema>();

  constructor(tables: Kysely<Tables>, project: string) {
    this.#tables = tables;
    this.#project = project;
  }

  async read(hash: string): Promise<MetricsSchema> {
    const known = this.#known.get(hash);
    if (known !== undefined) return known;
    const row = await this.#tables
      .selectFrom('metric_schemas')
      .select('schema_json')
      .where('project', '=', this.#project)
      .where('hash', '=', hash)
      .executeTakeFirst();
    const schema: MetricsSchema =
      row === undefined ? { items: [], help: null } : (JSON.parse(row.schema_json) as MetricsSchema);
    this.#known.set(hash, schema);
    return schema;
  }
}
