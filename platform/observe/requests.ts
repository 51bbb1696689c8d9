import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notify } from 'iroh-net-diagnostics/services';
import type { AnsweredRequest } from './platform-metrics.js';
import { tracing } from './tracing.js';

/** A request of pages or the API that is over, for a log. Nothing in it is secret. */
export interface RequestRecord extends AnsweredRequest {
  /** Also in the answer, as `x-request-id`. */
  requestId: string;
  /** The path without its query; `null` when it is none of ours, or has something in it that no id has. */
  path: string | null;
  /** Who asked: what they are and their id; `null`: nobody who is known. */
  caller: { kind: string; id: string } | null;
  /** Where they asked from. */
  address: string;
  /** The trace that it belongs to; `null`: none that is kept. */
  traceId: string | null;
}

/** What {@link watchRequests} tells of each request. */
export interface RequestWatch {
  /** Who asked, once that is known. */
  callerOf(request: FastifyRequest): RequestRecord['caller'];
  /** Where a request comes from. */
  addressOf(request: FastifyRequest): string;
  onRequest(record: RequestRecord): void;
}

/** Asked by programs every few seconds: a trace of each would bury the others. */
const UNTRACED: ReadonlySet<string> = new Set(['/livez', '/readyz', '/metrics']);
/** What ids, names of projects and of files look like; a token or a code somebody pasted there does not. */
const HARMLESS = /^(?:[0-9a-f-]{1,64}|[a-z0-9-]{1,40}(?:\.[a-z0-9]{2,5})*)$/;
/** As proxies log it: who asked had left. */
const LEFT = 499;

/** Looks at every request, in front of everything that could refuse it. */
export function watchRequests(app: FastifyInstance, { callerOf, addressOf, onRequest }: RequestWatch): void {
  app.addHook('onRequest', (request, reply, done) => {
    const begunAt = performance.now();
    const { raw } = reply;
    const route = routeOf(request);
    reply.header('x-request-id', request.id);
    const { method } = request;
    const begun = route !== null && UNTRACED.has(route) ? null : tracing.request(method, request.headers);
    raw.once('close', () => {
      const status = raw.writableFinished || raw.headersSent ? raw.statusCode : LEFT;
      const caller = callerOf(request);
      const record: RequestRecord = {
        ...{ requestId: request.id, method, route: route ?? 'none', path: pathOf(request), status, caller },
        ...{ durationMs: performance.now() - begunAt, address: addressOf(request) },
        isStream: String(raw.getHeader('content-type') ?? '').startsWith('text/event-stream'),
        traceId: begun === null ? null : tracing.idIn(begun),
      };
      const who = caller === null ? {} : { 'enduser.id': caller.id };
      if (begun !== null) tracing.answered(begun, method, route, status, who);
      notify(onRequest, record);
    });
    if (begun === null) done();
    else tracing.within(begun.context, () => done());
  });
}

const PATTERN_BEGIN = '(^';
const PATTERN_END = '$)';

/** The pattern of its route, without what its parameters have to look like. */
function routeOf({ is404, routeOptions }: FastifyRequest): string | null {
  const [first = '', ...others] = routeOptions.url?.split(PATTERN_BEGIN) ?? [];
  const rest = others.map((part) => part.slice(part.indexOf(PATTERN_END) + PATTERN_END.length));
  return is404 || first === '' ? null : [first, ...rest].join('');
}

function pathOf({ is404, params, url }: FastifyRequest): string | null {
  if (is404) return null;
  const values = Object.values((params ?? {}) as Record<string, unknown>);
  const areHarmless = values.every((value) => typeof value === 'string' && HARMLESS.test(value));
  return areHarmless ? (url.split('?', 1)[0] ?? null) : null;
}
