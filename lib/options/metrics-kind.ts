import type { MetricsRegistry } from '../client/index.js';
import { group, hasMethods, type Kind, listOf, option, type TextKind } from '../settings/index.js';
import { InvalidValue } from '../wire/index.js';

/** Which metrics are pushed, and how often. */
export interface MetricsSettings {
  /** Milliseconds between pushes; 0: no automatic pushes. */
  intervalMs: number;
  /** The app's own metrics. */
  registries: readonly MetricsRegistry[];
}

/** A push interval, or an object that also has the app's own registries. */
export function metricsSetting(interval: TextKind<number>, defaultMs: number): TextKind<MetricsSettings> {
  const should = `${interval.should}; in code also { intervalMs, registries }`;
  const metrics = group(should, {
    intervalMs: option(interval, defaultMs),
    registries: option(registries(), []),
  });
  return {
    should,
    fromText: (text) => ({ intervalMs: interval.fromText(text), registries: [] }),
    fromValue: (value) =>
      typeof value === 'object'
        ? metrics.fromValue(value)
        : { intervalMs: interval.fromValue(value), registries: [] },
  };
}

function registries(): Kind<readonly MetricsRegistry[]> {
  const registry = (value: unknown) => {
    if (hasMethods(value, 'getMetricsAsJSON') || hasMethods(value, 'collect'))
      return value as MetricsRegistry;
    throw new InvalidValue("neither a registry of prom-client nor a MetricReader of OpenTelemetry's SDK");
  };
  const { should, fromValue } = listOf('a list of registries', { fromText: registry, fromValue: registry });
  return { should, fromValue };
}
