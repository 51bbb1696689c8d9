/**
 * A point as the text that is stored: base64, since both databases take text. In it stands a format's number, and for each
 * metric that was not zero its distance to the one before, its kind, and its numbers as varints of any length.
 */
import { NetDiagnosticsError } from 'iroh-net-diagnostics/services';
import { ByteReader, ByteWriter } from './bytes.js';
import { type CounterSpan, fell, type HistogramSpan, type MetricSpan, type Point } from './point.js';

const FORMAT = 1;

/** One for each form that needs fewer bytes than the full one. They take three bits. */
const KINDS = ['still counter', 'counter', 'counter that fell', 'still gauge', 'gauge', 'histogram'] as const;
type Kind = (typeof KINDS)[number];
const KIND_BITS = 3;

export function writePoint({ spans, samples }: Point): string {
  const writer = new ByteWriter();
  writer.count(FORMAT);
  let before = -1;
  for (const [index, span] of spans) {
    const kind = kindOf(span, samples);
    writer.count((index - before - 1) * 2 ** KIND_BITS + KINDS.indexOf(kind));
    writeSpan(writer, span, kind);
    before = index;
  }
  return writer.base64();
}

/** @throws `ERR_STORE` when it was not written by {@link writePoint} */
export function readPoint(text: string, samples: number): Point {
  const spans = new Map<number, MetricSpan>();
  forEachMetric(text, (index, kind, reader) => {
    spans.set(index, readSpan(reader, kind, samples));
  });
  return { samples, spans };
}

/**
 * One metric of a point, without reading the others.
 * @returns `null`: it was zero all the time
 * @throws `ERR_STORE` when it was not written by {@link writePoint}
 */
export function readMetric(text: string, samples: number, wanted: number): MetricSpan | null {
  let found: MetricSpan | null = null;
  forEachMetric(text, (index, kind, reader) => {
    if (index < wanted) skipSpan(reader, kind);
    else if (index === wanted) found = readSpan(reader, kind, samples);
    return index < wanted;
  });
  return found;
}

/** @param read - has to read or pass over the metric; `false` ends it */
function forEachMetric(text: string, read: (index: number, kind: Kind, reader: ByteReader) => unknown): void {
  try {
    const reader = new ByteReader(Buffer.from(text, 'base64'));
    if (reader.count() !== FORMAT) throw new RangeError('another format');
    for (let index = -1; !reader.isAtEnd; ) {
      const head = reader.count();
      index += 1 + Math.floor(head / 2 ** KIND_BITS);
      const kind = KINDS[head % 2 ** KIND_BITS];
      if (kind === undefined) throw new RangeError('an unknown kind of metric');
      if (read(index, kind, reader) === false) return;
    }
  } catch (error) {
    throw new NetDiagnosticsError('ERR_STORE', 'A stored point of metrics cannot be read: it is damaged.', {
      cause: error,
    });
  }
}

function kindOf(span: MetricSpan, samples: number): Kind {
  if (span.type === 'histogram') return 'histogram';
  if (span.type === 'counter') {
    if (fell(span)) return 'counter that fell';
    return span.increase === 0n ? 'still counter' : 'counter';
  }
  const isStill = span.min === span.max && span.last === span.min && span.sum === span.last * BigInt(samples);
  return isStill ? 'still gauge' : 'gauge';
}

function writeSpan(writer: ByteWriter, span: MetricSpan, kind: Kind): void {
  if (span.type === 'counter') {
    writeCount(writer, span, kind);
  } else if (span.type === 'histogram') {
    writeHistogram(writer, span);
  } else {
    writer.signed(span.last);
    if (kind === 'gauge')
      writer
        .natural(span.last - span.min)
        .natural(span.max - span.last)
        .signed(span.sum);
  }
}

function readSpan(reader: ByteReader, kind: Kind, samples: number): MetricSpan {
  switch (kind) {
    case 'still counter':
    case 'counter':
    case 'counter that fell':
      return { type: 'counter', ...readCount(reader, kind) };
    case 'still gauge': {
      const last = reader.signed();
      return { type: 'gauge', min: last, max: last, sum: last * BigInt(samples), last };
    }
    case 'gauge': {
      const last = reader.signed();
      const min = last - reader.natural();
      const max = last + reader.natural();
      return { type: 'gauge', min, max, sum: reader.signed(), last };
    }
    case 'histogram':
      return readHistogram(reader);
  }
}

/** How many numbers a metric of each kind has; a histogram's buckets come besides. */
const NUMBERS: Readonly<Record<Kind, number>> = {
  'still counter': 1,
  counter: 2,
  'counter that fell': 3,
  'still gauge': 1,
  gauge: 4,
  histogram: 3,
};

function skipSpan(reader: ByteReader, kind: Kind): void {
  reader.skip(NUMBERS[kind]);
  if (kind !== 'histogram') return;
  reader.skipFloat();
  for (let buckets = reader.count(); buckets > 0; buckets -= 1) {
    reader.skipFloat();
    reader.skip(1);
  }
}

type Count = Omit<CounterSpan, 'type'>;

function writeCount(writer: ByteWriter, { first, last, increase }: Count, kind: Kind): void {
  writer.natural(first);
  if (kind !== 'still counter') writer.natural(increase);
  if (kind === 'counter that fell') writer.natural(last);
}

function readCount(reader: ByteReader, kind: Kind): Count {
  const first = reader.natural();
  const increase = kind === 'still counter' ? 0n : reader.natural();
  const last = kind === 'counter that fell' ? reader.natural() : first + increase;
  return { first, last, increase };
}

function writeHistogram(writer: ByteWriter, { count, sum, buckets }: HistogramSpan): void {
  writeCount(writer, count, 'counter that fell');
  writer.float(sum).count(buckets.length);
  let before = 0n;
  for (const [bound, samples] of buckets) {
    // Cumulative counts are close to each other. A stranger's may fall.
    writer.float(bound).signed(samples - before);
    before = samples;
  }
}

function readHistogram(reader: ByteReader): HistogramSpan {
  const count = readCount(reader, 'counter that fell');
  const sum = reader.float();
  const buckets: [number, bigint][] = [];
  let samples = 0n;
  for (let rest = reader.count(); rest > 0; rest -= 1) {
    const bound = reader.float();
    samples += reader.signed();
    buckets.push([bound, samples]);
  }
  return { type: 'histogram', count, sum, buckets };
}
