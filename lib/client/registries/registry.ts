import type { MetricSample } from '../metrics-update.js';
import { type MetricReaderLike, readOpenTelemetry } from './open-telemetry.js';
import { type PromRegistryLike, readPromClient } from './prom-client.js';

/**
 * Where an app's own metrics come from: a registry of `prom-client`, or a `MetricReader` of OpenTelemetry's metrics SDK
 * (one that was given to the `MeterProvider`). They are told apart by their methods: neither package is loaded here.
 */
export type MetricsRegistry = PromRegistryLike | MetricReaderLike;

/** All its metrics as they are now. @throws what the registry throws */
export function readRegistry(registry: MetricsRegistry): Promise<MetricSample[]> {
  return 'collect' in registry ? readOpenTelemetry(registry) : readPromClient(registry);
}
