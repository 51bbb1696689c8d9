import type { Counter, Histogram, MeterProvider } from '@opentelemetry/api';
import { PACKAGE_VERSION } from '../report/index.js';
import { DURATION_BUCKETS, METRICS, SCOPE } from './names.js';
import { StatusGauges } from './status-gauges.js';

/** Our instruments at one meter provider. */
export interface Instruments {
  dialBacks: Counter;
  runs: Counter;
  runDuration: Histogram;
  probeDuration: Histogram;
  gauges: StatusGauges;
}

export function createInstruments(provider: MeterProvider): Instruments {
  const meter = provider.getMeter(SCOPE, PACKAGE_VERSION);
  const duration = { unit: 's', advice: { explicitBucketBoundaries: DURATION_BUCKETS } };
  return {
    dialBacks: meter.createCounter(METRICS.dialBacks, {
      unit: '{dial_back}',
      description: 'Dial-backs that ended.',
    }),
    runs: meter.createCounter(METRICS.runs, {
      unit: '{run}',
      description: 'Diagnostics runs that brought a report.',
    }),
    runDuration: meter.createHistogram(METRICS.runDuration, {
      ...duration,
      description: 'Duration of a diagnostics run.',
    }),
    probeDuration: meter.createHistogram(METRICS.probeDuration, {
      ...duration,
      description: 'Duration of one probe of a diagnostics run.',
    }),
    gauges: new StatusGauges(meter),
  };
}
