import { type Attributes, context, type Meter, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { SCOPE } from '../../lib/telemetry/names.js';

/** OpenTelemetry as an app sets it up, which keeps what it gets. */
export class Sdk {
  readonly #exporter = new InMemorySpanExporter();
  readonly #metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  readonly #meters: MeterProvider;

  /** @param processors - of the app's own, in front of the one that keeps the spans */
  constructor(processors: readonly SpanProcessor[] = []) {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    const keeping = new SimpleSpanProcessor(this.#exporter);
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [...processors, keeping] }));
    // Collected when a test asks: the interval never ends.
    const reader = new PeriodicExportingMetricReader({
      exporter: this.#metricExporter,
      exportIntervalMillis: 2 ** 30,
    });
    this.#meters = new MeterProvider({ readers: [reader] });
    metrics.setGlobalMeterProvider({
      getMeter: (...scope) => this.#counting(this.#meters.getMeter(...scope)),
    });
  }

  /** Callbacks that the SDK holds. */
  callbacks = 0;

  /** Everything global belongs to one test alone. */
  static forget(): void {
    for (const api of [trace, metrics, context]) api.disable();
  }

  /** Our spans that have ended. */
  get spans(): ReadableSpan[] {
    return this.#exporter.getFinishedSpans().filter(({ instrumentationScope: { name } }) => name === SCOPE);
  }

  spansNamed(name: string): ReadableSpan[] {
    return this.spans.filter((span) => span.name.startsWith(name));
  }

  #counting(meter: Meter): Meter {
    const { addBatchObservableCallback: add, removeBatchObservableCallback: remove } = meter;
    return Object.assign(meter, {
      addBatchObservableCallback: (...args: Parameters<typeof add>) => {
        this.callbacks += 1;
        add.apply(meter, args);
      },
      removeBatchObservableCallback: (...args: Parameters<typeof remove>) => {
        this.callbacks -= 1;
        remove.apply(meter, args);
      },
    });
  }

  /** Our metrics as they are now. */
  async metrics(): Promise<MetricData[]> {
    this.#metricExporter.reset();
    await this.#meters.forceFlush();
    const scopes = this.#metricExporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
    return scopes.filter(({ scope }) => scope.name === SCOPE).flatMap(({ metrics: ours }) => ours);
  }

  /** The points of one metric as they are now: attributes and value. */
  async points(name: string): Promise<{ attributes: Attributes; value: unknown }[]> {
    const metric = (await this.metrics()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []).map(({ attributes, value }) => ({ attributes, value }));
  }
}
