import type { MetricsRegistry } from '../client/index.js';
import { hasMethods, InvalidValue, type Kind } from './kind.js';

/** What is pushed, and how often. */
export interface MetricsSettings {
  /** Milliseconds; 0: none by itself. */
  intervalMs: number;
  /** Metrics of the app's own. */
  registries: readonly MetricsRegistry[];
}

/** A push interval, or an object that also names the app's own registries. */
export function metricsSetting(interval: Kind<number>, defaultMs: number): Kind<MetricsSettings> {
  const { fromText } = interval;
  return {
    should: `${interval.should}; in code also { intervalMs, registries }`,
    ...(fromText === undefined
      ? {}
      : { fromText: (text: string) => ({ intervalMs: fromText(text), registries: [] }) }),
    fromValue: (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        return { intervalMs: interval.fromValue(value), registries: [] };
      }
      const { intervalMs, registries, ...others } = value as { [key: string]: unknown };
      const [unknown] = Object.keys(others);
      if (unknown !== undefined) throw new InvalidValue(`"${unknown}" is no key of it`);
      return {
        intervalMs: intervalMs === undefined ? defaultMs : checkedInterval(interval, intervalMs),
        registries: checkedRegistries(registries ?? []),
      };
    },
  };
}

function checkedInterval(interval: Kind<number>, value: unknown): number {
  try {
    return interval.fromValue(value);
  } catch (error) {
    throw new InvalidValue('intervalMs', { cause: error });
  }
}

function checkedRegistries(registries: unknown): MetricsRegistry[] {
  if (!Array.isArray(registries)) throw new InvalidValue('registries is no list');
  return registries.map((registry: unknown, index) => {
    if (hasMethods(registry, 'getMetricsAsJSON') || hasMethods(registry, 'collect'))
      return registry as MetricsRegistry;
    throw new InvalidValue(
      `registry ${index + 1} is neither a registry of prom-client nor a MetricReader of OpenTelemetry's SDK`,
    );
  });
}
