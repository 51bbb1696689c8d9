import type { Context, Span } from '@opentelemetry/api';
import type { ProbeEvent } from '../diagnose/index.js';
import type { ProbeRecord } from '../report/index.js';
import { attempt } from './attempt.js';
import { ATTRIBUTES, networkType, SPANS } from './names.js';
import type { Tracing } from './tracing.js';

/** One span for each probe of a run, as children of the run's span. */
export class ProbeSpans {
  readonly #tracing: Tracing;
  readonly #parent: Context;
  /** Open spans, by the name in the report. */
  readonly #open = new Map<string, Span>();

  constructor(tracing: Tracing, parent: Context) {
    this.#tracing = tracing;
    this.#parent = parent;
  }

  note({ phase, ref, record }: ProbeEvent): void {
    if (phase === 'started') this.#begin(ref);
    else if (record !== undefined) this.#end(ref, record);
  }

  /** Ends the spans that a failed run has left open. */
  close(): void {
    for (const span of this.#open.values()) attempt(() => span.end());
    this.#open.clear();
  }

  #begin(ref: string): void {
    const { INTERNAL: kind } = this.#tracing.api.SpanKind;
    const open = this.#tracing.begin({ name: SPANS.probe, kind, attributes: {}, parent: this.#parent });
    if (open !== null) this.#open.set(ref, open.span);
  }

  #end(ref: string, { probe, outcome, family, error }: ProbeRecord): void {
    const span = this.#open.get(ref);
    if (span === undefined) return;
    this.#open.delete(ref);
    attempt(() => {
      span.updateName(`${SPANS.probe} ${probe}`);
      span.setAttributes({
        [ATTRIBUTES.probeName]: probe,
        [ATTRIBUTES.probeOutcome]: outcome,
        ...networkType(family),
      });
    });
    if (outcome === 'failed' || outcome === 'timeout') this.#tracing.fail(span, error?.code ?? '_OTHER');
    attempt(() => span.end());
  }
}
