import type { Attributes, Context, Span, SpanKind } from '@opentelemetry/api';
import { codeOf } from '../errors.js';
import { PACKAGE_VERSION } from '../report/index.js';
import { attempt } from './attempt.js';
import type { OpenTelemetryApi } from './load-api.js';
import { ATTRIBUTES, SCOPE } from './names.js';

/** What is known at the start of a span. */
export interface SpanStart {
  name: string;
  kind: SpanKind;
  attributes: Attributes;
  /** The context that contains it. */
  parent: Context;
}

/** A running span, and the context for everything below it. */
export interface Open {
  span: Span;
  context: Context;
}

/** Makes spans with the app's SDK. Errors of the SDK have no effect. */
export class Tracing {
  readonly api: OpenTelemetryApi;

  constructor(api: OpenTelemetryApi) {
    this.api = api;
  }

  /** The caller's context, for example a request that the app serves. */
  active(): Context {
    return attempt(() => this.api.context.active()) ?? this.api.ROOT_CONTEXT;
  }

  /** Begins a span; `null` when the SDK throws. */
  begin({ name, kind, attributes, parent }: SpanStart): Open | null {
    const opened = attempt(() => {
      // Asked for each time: the app may set up its SDK after us, or another one.
      const tracer = this.api.trace.getTracer(SCOPE, PACKAGE_VERSION);
      const span = tracer.startSpan(name, { kind, attributes }, parent);
      return { span, context: this.api.trace.setSpan(parent, span) };
    });
    return opened ?? null;
  }

  /** Begins a span, does the work in it, and ends it. Returns and throws what the work does. */
  async within<T>(start: SpanStart, work: (open: Open | null) => Promise<T>): Promise<T> {
    const open = this.begin(start);
    if (open === null) return work(null);
    try {
      return await this.inContext(open.context, () => work(open));
    } catch (error) {
      this.fail(open.span, errorType(error));
      throw error;
    } finally {
      attempt(() => open.span.end());
    }
  }

  /** Does the work in a context: exactly once, even if the context manager throws. */
  inContext<T>(context: Context, work: () => Promise<T>): Promise<T> {
    let begun: Promise<T> | undefined;
    attempt(() =>
      this.api.context.with(context, () => {
        begun = work();
      }),
    );
    return begun ?? work();
  }

  /** Marks a span as failed. */
  fail(span: Span, type: string): void {
    attempt(() => {
      span.setAttribute(ATTRIBUTES.errorType, type);
      span.setStatus({ code: this.api.SpanStatusCode.ERROR });
    });
  }
}

/** The code of a thrown value; OpenTelemetry's `_OTHER` if it has none. The message is never exported. */
export function errorType(error: unknown): string {
  return codeOf(error, '_OTHER');
}
