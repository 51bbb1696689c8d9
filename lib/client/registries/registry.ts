import type { MetricSample } from '../metrics-update.js';
import { type MetricReaderLike, readOpenTelemetry } from './open-telemetry.js';
import { type PromRegistryLike, readPromClient } from './prom-client.js';

/**
 * Where an app's own metrics come from: a registry of `prom-client`, or a `MetricReader` of OpenTelemetry's metrics SDK
 * (one that was handed to the `MeterProvider`). Told by their methods: neither package is loaded here.
 */
export type MetricsRegistry = PromRegistryLike | MetricReaderLike;

/** Everything that is in it at this moment. @throws what it throws itself */
export function readRegistry(registry: MetricsRegistry): Promise<MetricSample[]> {
  return 'collect' in registry ? readOpenTelemetry(registry) : readPromClient(registry);
}
