import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { codeOf } from 'iroh-net-diagnostics/services';
import type { CarriedRun } from '../runs/index.js';
import type { Statement } from '../store/sql-database.js';
import { PLATFORM_VERSION } from '../version.js';

const SCOPE = 'iroh-net-diagnostics-platform';

/** A span that has begun, and the context for everything below it. */
export interface Begun {
  span: Span;
  context: Context;
}

/**
 * Spans, for the operator's SDK where the process was started with one; otherwise all calls do nothing. What the SDK throws
 * changes nothing. Spans contain ids, names of routes and outcomes, and no address, no query and no secret.
 */
export const tracing = {
  /** Begins the span of a request, in the trace of who asks. `null`: the SDK threw. */
  request(method: string, headers: object): Begun | null {
    return attempt(() => {
      const parent = propagation.extract(context.active(), headers);
      return begin(method, { kind: SpanKind.SERVER, parent, attributes: { 'http.request.method': method } });
    });
  },

  /** Ends it. @param attributes - what is known by then */
  answered(
    { span }: Begun,
    method: string,
    route: string | null,
    status: number,
    attributes: Attributes,
  ): void {
    attempt(() => {
      if (route !== null) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
      span.setAttributes({ 'http.response.status_code': status, ...attributes });
      // As OpenTelemetry has it for servers: what the asker did wrong is no error of ours.
      if (status >= 500) {
        span.setAttribute('error.type', String(status));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    });
  },

  /** Does the work in a context: once, whatever the SDK throws. */
  within<T>(at: Context, work: () => T): T {
    let result: { value: T } | undefined;
    attempt(() => {
      context.with(at, () => {
        result = { value: work() };
      });
    });
    return result === undefined ? work() : result.value;
  },

  /** Where the work at hand stands in its trace, as a W3C `traceparent`, for another process; `null`: in none. */
  here(): string | null {
    return attempt(() => {
      const at = trace.getSpanContext(context.active());
      if (at === undefined || !isSpanContextValid(at)) return null;
      return `00-${at.traceId}-${at.spanId}-${at.traceFlags.toString(16).padStart(2, '0')}`;
    });
  },

  /**
   * One run, for the process that carries it out, in the trace of who asked for it. Without one it begins a trace: what
   * happens to be active where runs are looked for has nothing to do with it.
   */
  async run<T>({ id, ref, trace: asked }: CarriedRun, work: () => Promise<T>): Promise<T> {
    const begun = attempt(() =>
      begin('run', {
        kind: SpanKind.INTERNAL,
        parent: contextOf(asked),
        attributes: {
          'iroh.platform.run.id': id,
          'iroh.platform.project': ref.project,
          'iroh.platform.endpoint.id': ref.id,
        },
      }),
    );
    if (begun === null) return work();
    try {
      return await tracing.within(begun.context, work);
    } catch (error) {
      attempt(() => {
        begun.span.setAttribute('error.type', codeOf(error, '_OTHER'));
        begun.span.setStatus({ code: SpanStatusCode.ERROR });
      });
      throw error;
    } finally {
      attempt(() => begun.span.end());
    }
  },

  /** A statement that was answered, where it belongs to something that is traced. Its text has no values. */
  statement({ sql, durationMs, isFailed }: Statement): void {
    attempt(() => {
      const parent = context.active();
      if (trace.getSpan(parent)?.isRecording() !== true) return;
      const endTime = Date.now();
      const startTime = endTime - durationMs;
      const [operation = 'query'] = sql.split(/\s/, 1);
      const attributes = { 'db.query.text': sql, 'db.operation.name': operation.toUpperCase() };
      const span = tracer().startSpan(
        operation.toUpperCase(),
        { kind: SpanKind.CLIENT, startTime, attributes },
        parent,
      );
      if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endTime);
    });
  },

  /** The trace that something belongs to, for a log line; `null`: to none that is kept. */
  idIn({ span }: Begun): string | null {
    return attempt(() => (span.isRecording() ? span.spanContext().traceId : null));
  },
};

function begin(
  name: string,
  { parent, ...options }: { kind: SpanKind; attributes: Attributes; parent: Context },
): Begun {
  const span = tracer().startSpan(name, options, parent);
  return { span, context: trace.setSpan(parent, span) };
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The context that {@link tracing.here} was said in. */
function contextOf(traceparent: string | null): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true },
  });
}

/** Asked for each time: an SDK may come later. */
function tracer() {
  return trace.getTracer(SCOPE, PLATFORM_VERSION);
}

/** The SDK, its samplers and processors are not our code. @returns `null` when it threw */
function attempt<T>(call: () => T): T | null {
  try {
    return call();
  } catch {
    return null;
  }
}
