import { notify, TokenBucket } from '../async/index.js';
import type { ReportTrigger } from '../events.js';
import type { AuditEvent } from '../host/index.js';
import type { LocalReport } from '../report/index.js';
import type { EndpointId } from '../wire/index.js';
import { attempt } from './attempt.js';
import { loadApi } from './load-api.js';
import { Meters } from './meters.js';
import { ATTRIBUTES, DIAL_BACK_SPANS, SPANS } from './names.js';
import { ProbeSpans } from './probe-spans.js';
import type { ProbeListener, Telemetry, TelemetryOptions } from './telemetry.js';
import { errorType, type Open, Tracing } from './tracing.js';

/** What is used once the package was found. */
interface Signals {
  tracing: Tracing;
  meters: Meters;
}

/** {@link Telemetry} with `@opentelemetry/api`, which is loaded on first use. */
export class OpenTelemetry implements Telemetry {
  readonly #options: TelemetryOptions;
  readonly #load: typeof loadApi;
  readonly #dialBackSpans: TokenBucket;
  #signals: Promise<Signals | null> | undefined;
  #isStopped = false;

  /** @param load - loads the package; an argument for tests */
  constructor(options: TelemetryOptions, load = loadApi) {
    this.#options = options;
    this.#load = load;
    this.#dialBackSpans = new TokenBucket(DIAL_BACK_SPANS.burst, DIAL_BACK_SPANS.perMinute, options.clock);
  }

  async dialBack(remoteId: EndpointId, serve: () => Promise<AuditEvent>): Promise<AuditEvent> {
    const signals = await this.#open();
    if (signals === null) return serve();
    const { tracing, meters } = signals;
    const counted = async () => {
      const event = await serve();
      meters.dialBack(event.outcome);
      return event;
    };
    // A dial-back starts a new trace: it does not belong to what was active when the app started.
    const { ROOT_CONTEXT: parent, SpanKind } = tracing.api;
    if (this.#dialBackSpans.take() > 0) return tracing.inContext(parent, counted);
    const attributes = { [ATTRIBUTES.remoteId]: remoteId, ...this.#endpoint() };
    return tracing.within(
      { name: SPANS.dialBack, kind: SpanKind.SERVER, attributes, parent },
      async (open) => {
        const event = await counted();
        showOutcome(tracing, open, event);
        return event;
      },
    );
  }

  async run(
    trigger: ReportTrigger,
    onProbe: ProbeListener = () => {},
    measure: (onProbe: ProbeListener) => Promise<LocalReport>,
  ): Promise<LocalReport> {
    const signals = await this.#open();
    if (signals === null) return measure(onProbe);
    const { tracing, meters } = signals;
    const { ROOT_CONTEXT, SpanKind } = tracing.api;
    const start = {
      name: SPANS.run,
      kind: SpanKind.INTERNAL,
      attributes: { [ATTRIBUTES.runTrigger]: trigger, ...this.#endpoint() },
      // Nobody has asked for the upload on start. The other runs belong to the dial-back, or to the app's own work.
      parent: trigger === 'start' ? ROOT_CONTEXT : tracing.active(),
    };
    return tracing.within(start, async (open) => {
      const probes = open === null ? null : new ProbeSpans(tracing, open.context);
      try {
        const report = await measure((event) => {
          probes?.note(event);
          notify(onProbe, event);
        });
        showReport(open, report);
        meters.run(trigger, report);
        return report;
      } finally {
        probes?.close();
      }
    });
  }

  watch(): void {
    void this.#open().then((signals) => signals?.meters.watch());
  }

  stop(): void {
    this.#isStopped = true;
    void this.#signals?.then((signals) => signals?.meters.stop());
  }

  /** Never rejects. */
  #open(): Promise<Signals | null> {
    if (this.#isStopped) return Promise.resolve(null);
    this.#signals ??= this.#load().then((api) => {
      return api === null
        ? null
        : { tracing: new Tracing(api), meters: new Meters(api, this.#options.status) };
    });
    return this.#signals;
  }

  #endpoint(): Record<string, string> {
    const { endpointId } = this.#options.status();
    return endpointId === null ? {} : { [ATTRIBUTES.endpointId]: endpointId };
  }
}

function showOutcome(tracing: Tracing, open: Open | null, { outcome, why, error }: AuditEvent): void {
  if (open === null) return;
  attempt(() => {
    open.span.setAttribute(ATTRIBUTES.dialBackOutcome, outcome);
    if (why !== null) open.span.setAttribute(ATTRIBUTES.dialBackRefusal, why);
  });
  // A caller's mistake is not our error, as in the HTTP conventions for servers.
  if (outcome === 'failed') tracing.fail(open.span, errorType(error));
}

function showReport(open: Open | null, { endedBy, summary }: LocalReport): void {
  attempt(() =>
    open?.span.setAttributes({
      [ATTRIBUTES.runEndedBy]: endedBy,
      [ATTRIBUTES.runColour]: summary.colour,
    }),
  );
}
