import { bounded, notify } from '../async/index.js';
import { MAX_APP_SAMPLES, REGISTRY_TIMEOUT_MS } from './limits.js';
import type { MetricSample } from './metrics-update.js';
import { type MetricReaderLike, readOpenTelemetry } from './registries/open-telemetry.js';
import { type PromRegistryLike, readPromClient } from './registries/prom-client.js';

/**
 * Where an app's own metrics come from: a registry of `prom-client`, or a `MetricReader` of OpenTelemetry's metrics SDK
 * (one that was given to the `MeterProvider`). They are told apart by their methods: neither package is loaded here.
 */
export type MetricsRegistry = PromRegistryLike | MetricReaderLike;

/** Callbacks of {@link AppMetrics}. */
export interface AppMetricsListener {
  /** A registry threw, or did not answer in time: its metrics are left out. Called once, until it answers again. */
  onFailed?: ((error: unknown) => void) | undefined;
  /** `left` samples are beyond the limit and are left out. Called once. */
  onTooMany?: ((left: number) => void) | undefined;
}

/** The metrics of an app's own registries. A failure there never delays the endpoint's own metrics. */
export class AppMetrics {
  readonly #registries: readonly MetricsRegistry[];
  readonly #listener: AppMetricsListener;
  readonly #failed = new Set<MetricsRegistry>();
  #wasTooMuch = false;

  constructor(registries: readonly MetricsRegistry[], listener: AppMetricsListener = {}) {
    this.#registries = registries;
    this.#listener = listener;
  }

  /** All samples as they are now, in the order of the registries. Never rejects. */
  async samples(): Promise<MetricSample[]> {
    const all = (await Promise.all(this.#registries.map((registry) => this.#read(registry)))).flat();
    if (all.length <= MAX_APP_SAMPLES) return all;
    if (!this.#wasTooMuch) notify(this.#listener.onTooMany, all.length - MAX_APP_SAMPLES);
    this.#wasTooMuch = true;
    return all.slice(0, MAX_APP_SAMPLES);
  }

  async #read(registry: MetricsRegistry): Promise<MetricSample[]> {
    try {
      const wait = { timeoutMs: REGISTRY_TIMEOUT_MS };
      // Wrapped: a registry may throw before it returns a promise.
      const reading = (async () => readRegistry(registry))();
      const samples = await bounded('reading a metrics registry', wait, 0, (step) => step(reading));
      this.#failed.delete(registry);
      return samples;
    } catch (error) {
      if (!this.#failed.has(registry)) notify(this.#listener.onFailed, error);
      this.#failed.add(registry);
      return [];
    }
  }
}

/** All its metrics as they are now. @throws what the registry throws */
function readRegistry(registry: MetricsRegistry): Promise<MetricSample[]> {
  return 'collect' in registry ? readOpenTelemetry(registry) : readPromClient(registry);
}
