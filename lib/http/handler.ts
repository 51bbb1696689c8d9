import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, newAbort, systemClock, Throttle } from '../async/index.js';
import { messageOf } from '../errors.js';
import { type Logger, safeLogger, stderrLogger } from '../logger.js';
import type { HttpSettings } from '../options/index.js';
import { chooseType } from './accept.js';
import { admit, type ReportFault } from './access.js';
import { Call } from './call.js';
import { AUTHORIZE_TIMEOUT_MS, HEARTBEAT_MS, LOG_BURST, LOGS_PER_MINUTE, MAX_URL } from './constants.js';
import { LiveReport } from './live-report.js';
import { Problem, unexpected } from './problem.js';
import { ReportRuns } from './report-runs.js';
import { createRoutes, methodsOf, type Offer, type Route } from './routes.js';
import type { HttpTarget } from './target.js';

/** What the handler uses besides what it shows. */
export interface HttpParts {
  /** Gets errors of the app itself (`authorize`, a run), at most a few a minute. Default: standard error. */
  logger: Logger;
  clock: Clock;
  /** Whether the app runs in production: then `access: 'loopback'` lets nobody in. Default: false. */
  isProduction: boolean;
  /** How long `authorize` may take. Milliseconds. Default: 10000. */
  authorizeTimeoutMs: number;
  /** Interval of a comment on idle streams. Milliseconds. Default: 15000. */
  heartbeatMs: number;
}

/** Answers requests to the page and its routes, in any framework that gives Node's own objects. */
export interface HttpHandler {
  /**
   * Answers, now or later. Never throws. Also takes HTTP/2's compatibility objects.
   * @param next - is called for a path that is not ours. Default: the answer is 404
   * @param url - the request's target below the mount path: `/report?redact=1`. Default: `request.url`
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    next?: ((error?: unknown) => void) | undefined,
    url?: string | undefined,
  ): void;
  /** Ends all streams and runs, so that the app's server can close. No run starts after it. Idempotent. */
  close(): void;
}

/**
 * Makes the page and its routes, for any framework. It opens nothing, and keeps no process alive.
 * @param target - what they show
 * @param settings - who may use them; `null`: nobody, every answer is 403
 */
export function createHttpHandler(
  target: HttpTarget,
  settings: HttpSettings | null,
  parts: Partial<HttpParts> = {},
): HttpHandler {
  const {
    clock = systemClock,
    heartbeatMs = HEARTBEAT_MS,
    authorizeTimeoutMs = AUTHORIZE_TIMEOUT_MS,
    isProduction = false,
    logger = stderrLogger,
  } = parts;
  const onFault = faultLog(logger, clock);
  if (isProduction && settings?.access === 'loopback') warnOfProduction(logger);
  const closing = newAbort();
  const runs = new ReportRuns({
    live: new LiveReport(target, clock),
    heartbeatMs,
    closing: closing.signal,
    onFault,
  });
  const routes = createRoutes(target, runs);

  const answer = async (call: Call, route: Route | undefined, url: string): Promise<void> => {
    if (route === undefined)
      throw new Problem('not-found', 'The page is at the address where the app mounted it.');
    await admit(call.request, settings, {
      isProduction,
      timeoutMs: authorizeTimeoutMs,
      left: call.left,
      onFault,
    });
    if (url.length > MAX_URL)
      throw new Problem('uri-too-long', 'The query takes `redact=1` and nothing else.');
    const { type, make, headers } = chooseOffer(call.request, route);
    const body = await make(call);
    if (body !== null) call.send(200, type, body, headers);
  };

  return {
    handle: (request, response, next, url = request.url ?? '') => {
      const [path, query] = splitTarget(url);
      const route = routes.get(path === '' ? '/' : path);
      if (route === undefined && next !== undefined) {
        next();
        return;
      }
      // No route needs a body, but HTTP/2 keeps the stream open until it is read.
      request.resume();
      const call = new Call(request, response, query, closing.signal);
      if (call.isOver) return;
      answer(call, route, url)
        .catch((error: unknown) => {
          if (!(error instanceof Problem)) onFault('a request over HTTP failed', error);
          call.sendProblem(error instanceof Problem ? error : unexpected());
        })
        // The app's middleware has broken the response: nothing can be sent on it.
        .catch(() => response.destroy());
    },
    close: () => closing.abort(),
  };
}

/** Path and query of a target, unchanged: only a path that equals one of ours is ours. */
function splitTarget(url: string): [path: string, query: string] {
  const at = url.indexOf('?');
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1, MAX_URL)];
}

/** What the request asks for, in the form that it prefers. @throws {@link Problem} */
function chooseOffer({ method = '', headers }: IncomingMessage, route: Route): Offer {
  const name = method === 'HEAD' ? 'GET' : method;
  const offers = name === 'GET' || name === 'POST' ? route[name] : undefined;
  if (offers === undefined) {
    const allow = methodsOf(route);
    throw new Problem('method-not-allowed', `Use ${allow}.`, { allow });
  }
  const types = offers.map(({ type }) => type);
  const chosen = chooseType(headers.accept, types);
  const offer = offers.find(({ type }) => type === chosen);
  if (offer === undefined) throw new Problem('not-acceptable', `There is ${types.join(', ')}.`);
  return offer;
}

/** Logged once, when the app starts: nobody should have to guess why the page is closed. */
function warnOfProduction(logger: Logger): void {
  safeLogger(logger).warn(
    'the page is closed: `access: "loopback"` is for development, and NODE_ENV is "production". Use `authorize`.',
    { event: 'http-closed' },
  );
}

/** Strangers may cause errors, so only a few are logged at once, and then a few a minute. */
function faultLog(logger: Logger, clock: Clock): ReportFault {
  const log = safeLogger(logger);
  const lines = new Throttle(LOG_BURST, LOGS_PER_MINUTE, clock);
  return (what, error) => {
    const suppressed = lines.pass();
    if (suppressed === null) return;
    log.error(`${what}: ${messageOf(error)}`, {
      event: 'http-fault',
      ...(suppressed === 0 ? {} : { suppressed }),
    });
  };
}
