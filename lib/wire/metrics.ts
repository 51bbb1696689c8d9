import type { PostcardReader } from './postcard-reader.js';
import type { PostcardWriter } from './postcard-writer.js';

/** The name, type and labels of one metric. */
export interface MetricSchema {
  type: 'counter' | 'gauge' | 'histogram';
  name: string;
  /** Put in front of the name, joined by `_`. */
  prefixes: string[];
  labels: [string, string][];
}

/** The meaning of a session's values, in the order of the values. */
export interface MetricsSchema {
  items: MetricSchema[];
  /** One text for each metric; null when the client sends none. */
  help: string[] | null;
}

/** A measured value. Counters and counts are u64, gauges i64. */
export type MetricValue =
  | { type: 'counter'; value: bigint }
  | { type: 'gauge'; value: bigint }
  | { type: 'histogram'; buckets: [number, bigint][]; sum: number; count: bigint };

/** One push. The schema is sent with a session's first push, and when it has changed. */
export interface MetricsUpdate {
  schema: MetricsSchema | null;
  values: MetricValue[];
}

const TYPES = ['counter', 'gauge', 'histogram'] as const;

export function writeMetricsUpdate(writer: PostcardWriter, update: MetricsUpdate): void {
  const writeText = (text: string) => writer.str(text, 'schema');
  writer.option(update.schema, (schema) => {
    writer.seq(schema.items, 'schema.items', (item) => {
      writer.variant(TYPES.indexOf(item.type)).str(item.name, 'schema.name');
      writer.seq(item.prefixes, 'schema.prefixes', writeText);
      writer.seq(item.labels, 'schema.labels', ([key, value]) => {
        writer.str(key, 'schema.labels').str(value, 'schema.labels');
      });
    });
    writer.option(schema.help, (help) => writer.seq(help, 'schema.help', writeText));
  });
  writer.seq(update.values, 'values', (value) => writeValue(writer, value));
}

/** Does not check that the values fit the schema, because the schema may have come with an earlier push. */
export function readMetricsUpdate(reader: PostcardReader): MetricsUpdate {
  return {
    schema: reader.option('schema', () => reader.within('schema', () => readSchema(reader))),
    // A counter below 128 takes two bytes.
    values: reader.seq('values', 2, () => readValue(reader)),
  };
}

function writeValue(writer: PostcardWriter, value: MetricValue): void {
  writer.variant(TYPES.indexOf(value.type));
  if (value.type === 'counter') writer.u64(value.value, 'counter');
  else if (value.type === 'gauge') writer.i64(value.value, 'gauge');
  else {
    writer.seq(value.buckets, 'buckets', ([bound, count]) => writer.f64(bound).u64(count, 'buckets'));
    writer.f64(value.sum).u64(value.count, 'count');
  }
}

function readValue(reader: PostcardReader): MetricValue {
  const type = readType(reader);
  if (type === 'counter') return { type, value: reader.u64('value') };
  if (type === 'gauge') return { type, value: reader.i64('value') };
  const buckets = reader.seq('buckets', 9, (): [number, bigint] => [
    reader.f64('bound'),
    reader.u64('count'),
  ]);
  return { type, buckets, sum: reader.f64('sum'), count: reader.u64('count') };
}

function readSchema(reader: PostcardReader): MetricsSchema {
  return {
    items: reader.seq('items', 4, () => ({
      type: readType(reader),
      name: reader.str('name'),
      prefixes: reader.seq('prefixes', 1, () => reader.str('')),
      labels: reader.seq('labels', 2, (): [string, string] => [reader.str('key'), reader.str('value')]),
    })),
    help: reader.option('help', () => reader.seq('help', 1, () => reader.str(''))),
  };
}

function readType(reader: PostcardReader): MetricSchema['type'] {
  const start = reader.offset;
  const variant = reader.variant('type');
  return TYPES[variant] ?? reader.fail('type', `unknown metric type ${variant}`, start);
}
