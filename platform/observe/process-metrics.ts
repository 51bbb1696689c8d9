import { collectDefaultMetrics, Registry } from 'prom-client';

/** Gauges that end like counters, which `promtool` minds; `nodejs_active_resources` has the same by type. */
const LEFT_OUT = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

let registry: Registry | undefined;

/**
 * CPU, memory, event loop and garbage collection of this process, under the names that dashboards for Node ask for. One for
 * all platforms of a process: what measures the event loop cannot be ended.
 */
export function processMetrics(): Registry {
  if (registry !== undefined) return registry;
  registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of LEFT_OUT) registry.removeSingleMetric(name);
  return registry;
}
