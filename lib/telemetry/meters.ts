import type { Counter, Histogram, MeterProvider } from '@opentelemetry/api';
import type { ReportTrigger } from '../events.js';
import type { DialBackOutcome } from '../host/index.js';
import { type LocalReport, PACKAGE_VERSION } from '../report/index.js';
import type { Status } from '../status.js';
import { attempt } from './attempt.js';
import type { OpenTelemetryApi } from './load-api.js';
import { ATTRIBUTES, DURATION_BUCKETS, METRICS, networkType, SCOPE } from './names.js';
import { StatusGauges } from './status-gauges.js';

/** Our instruments at one meter provider. */
interface Instruments {
  dialBacks: Counter;
  runs: Counter;
  runDuration: Histogram;
  probeDuration: Histogram;
  gauges: StatusGauges;
}

/** Counts and measures with the app's SDK. Errors of the SDK have no effect. */
export class Meters {
  readonly #api: OpenTelemetryApi;
  readonly #status: () => Status;
  #provider: MeterProvider | undefined;
  #instruments: Instruments | undefined;
  #isStopped = false;

  constructor(api: OpenTelemetryApi, status: () => Status) {
    this.#api = api;
    this.#status = status;
  }

  dialBack(outcome: DialBackOutcome): void {
    this.#record(({ dialBacks }) => dialBacks.add(1, { [ATTRIBUTES.dialBackOutcome]: outcome }));
  }

  run(trigger: ReportTrigger, { durationMs, endedBy, summary, probes }: LocalReport): void {
    const common = { [ATTRIBUTES.runTrigger]: trigger, [ATTRIBUTES.runEndedBy]: endedBy };
    this.#record(({ runs, runDuration, probeDuration }) => {
      runs.add(1, { ...common, [ATTRIBUTES.runColour]: summary.colour });
      runDuration.record(durationMs / 1000, common);
      for (const { probe, outcome, family, durationMs: ms } of probes) {
        probeDuration.record(ms / 1000, {
          [ATTRIBUTES.probeName]: probe,
          [ATTRIBUTES.probeOutcome]: outcome,
          ...networkType(family),
        });
      }
    });
  }

  /** Shows the status from now on. Idempotent. */
  watch(): void {
    this.#record(({ gauges }) => gauges.watch(this.#status));
  }

  /** Removes our callbacks from the app's SDK. */
  stop(): void {
    this.#isStopped = true;
    attempt(() => this.#instruments?.gauges.sayGoodbye(this.#status()));
    this.#instruments = undefined;
  }

  #record(use: (instruments: Instruments) => void): void {
    if (this.#isStopped) return;
    attempt(() => use(this.#current()));
  }

  /** Unlike tracers, meters do not find an SDK that is set up later, so they are made again then. */
  #current(): Instruments {
    const provider = this.#api.metrics.getMeterProvider();
    if (this.#instruments !== undefined && provider === this.#provider) return this.#instruments;
    const previous = this.#instruments;
    const next = createInstruments(provider);
    this.#provider = provider;
    this.#instruments = next;
    if (previous?.gauges.isOn === true) {
      next.gauges.watch(this.#status);
      attempt(() => previous.gauges.release());
    }
    return next;
  }
}

function createInstruments(provider: MeterProvider): Instruments {
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
