import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';
import { AppMetrics, type MetricSample, type MetricsRegistry } from '../../lib/client/index.js';
import { MAX_APP_SAMPLES } from '../../lib/client/limits.js';
import { metricsUpdate } from '../../lib/client/metrics-update.js';
import { decodeServicesRequest, encodeServicesRequest } from '../../lib/wire/index.js';

/** What a push of these says, there and back over the wire: `name{labels}`, type, value. */
async function said(...registries: MetricsRegistry[]): Promise<Record<string, unknown>> {
  const update = metricsUpdate(await new AppMetrics(registries).samples());
  const sent = { type: 'put-metrics', sessionId: new Uint8Array(16), update } as const;
  const back = decodeServicesRequest(encodeServicesRequest(sent));
  if (back.type !== 'put-metrics') throw new Error(back.type);
  const items = back.update.schema?.items ?? [];
  return Object.fromEntries(
    items.map(({ type, name, labels }, index) => {
      const text = labels.map(([key, value]) => `${key}=${value}`).join(',');
      const value = back.update.values[index];
      return [
        `${name}{${text}}`,
        value?.type === 'histogram' ? [value.buckets, value.sum, value.count] : [type, value?.value],
      ];
    }),
  );
}

describe('a registry of prom-client', () => {
  it('is sent as what its metrics are', async () => {
    const registry = new Registry();
    const registers = [registry];
    const jobs = new Counter({ name: 'jobs_total', help: 'Jobs', labelNames: ['queue'], registers });
    jobs.inc({ queue: 'mail' }, 3);
    jobs.inc({ queue: 'sms' }, 0.5);
    new Gauge({ name: 'depth', help: 'Waiting', registers }).set(-2.6);
    new Gauge({ name: 'nothing', help: 'No number', registers }).set(Number.NaN);
    const wait = new Histogram({
      name: 'wait_seconds',
      help: 'Wait',
      labelNames: ['queue'],
      buckets: [0.1, 1],
      registers,
    });
    for (const seconds of [0.05, 0.5, 7]) wait.observe({ queue: 'mail' }, seconds);
    const size = new Summary({ name: 'size', help: 'Bytes', registers });
    size.observe(4);
    size.observe(6);
    expect(await said(registry)).toEqual({
      'jobs_total{queue=mail}': ['counter', 3n],
      'jobs_total{queue=sms}': ['counter', 0n],
      'depth{}': ['gauge', -3n],
      'wait_seconds{queue=mail}': [
        [
          [0.1, 1n],
          [1, 2n],
          [Number.POSITIVE_INFINITY, 3n],
        ],
        7.55,
        3n,
      ],
      'size{}': [[], 10, 2n],
    });
  });
});

describe('a reader of OpenTelemetry', () => {
  /** What the SDK's documentation has one write to read by hand. */
  class ManualReader extends MetricReader {
    protected override async onShutdown() {}
    protected override async onForceFlush() {}
  }
  const readers: MetricReader[] = [];
  afterEach(async () => {
    await Promise.all(readers.splice(0).map((reader) => reader.shutdown()));
  });
  const meterOn = (reader: MetricReader) => {
    readers.push(reader);
    return new MeterProvider({ readers: [reader] }).getMeter('app');
  };

  it('is sent as what its metrics are', async () => {
    const reader = new ManualReader();
    const meter = meterOn(reader);
    meter
      .createCounter('http.requests', { description: 'Requests' })
      .add(2, { 'http.method': 'GET', ok: true });
    meter.createUpDownCounter('connections').add(-1);
    meter.createGauge('load').record(0.7);
    const advice = { explicitBucketBoundaries: [0.1, 1] };
    const duration = meter.createHistogram('http.duration', { unit: 's', advice });
    for (const seconds of [0.05, 0.5, 7]) duration.record(seconds);
    expect(await said(reader)).toEqual({
      'http_requests{http.method=GET,ok=true}': ['counter', 2n],
      'connections{}': ['gauge', -1n],
      'load{}': ['gauge', 1n],
      'http_duration{}': [
        [
          [0.1, 1n],
          [1, 2n],
          [Number.POSITIVE_INFINITY, 3n],
        ],
        7.55,
        3n,
      ],
    });
    const { samples } = { samples: await new AppMetrics([reader]).samples() };
    expect(samples.map(({ help }) => help)).toEqual(['Requests', '', '', '(s)']);
  });

  it('that only tells differences is left out: they would look like counters that fall', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 1e6,
      exportTimeoutMillis: 1e5,
    });
    const meter = meterOn(reader);
    meter.createCounter('requests').add(2);
    meter.createGauge('load').record(3);
    expect(await said(reader)).toEqual({ 'load{}': ['gauge', 3n] });
  });
});

describe('registries', () => {
  const registryOf = (count: number): MetricsRegistry => ({
    getMetricsAsJSON: async () =>
      Array.from({ length: count }, (_, index) => ({
        name: `m${index}`,
        help: '',
        type: 'gauge',
        values: [{ value: index, labels: {} }],
      })),
  });
  const names = (samples: MetricSample[]) => samples.map(({ item }) => item.name);

  it('that fail keep no other back, and are told of once', async () => {
    let isBroken = true;
    const broken: MetricsRegistry = {
      getMetricsAsJSON: () => {
        if (isBroken) throw new Error('no database');
        return Promise.resolve([]);
      },
    };
    const told: unknown[] = [];
    const app = new AppMetrics([broken, registryOf(1)], { onFailed: (error) => told.push(error) });
    expect(names(await app.samples())).toEqual(['m0']);
    await app.samples();
    expect(told).toHaveLength(1);
    isBroken = false;
    await app.samples();
    isBroken = true;
    await app.samples();
    expect(told).toHaveLength(2);
  });

  it('send so much and no more', async () => {
    const told: number[] = [];
    const app = new AppMetrics([registryOf(MAX_APP_SAMPLES + 7)], { onTooMany: (left) => told.push(left) });
    expect(await app.samples()).toHaveLength(MAX_APP_SAMPLES);
    await app.samples();
    expect(told).toEqual([7]);
  });
});
