import { type LocalReport, REPORT_SCHEMA, redactReport, renderText } from '../report/index.js';
import type { Call } from './call.js';
import { PAGE, PAGE_ASSETS } from './page/index.js';
import { Problem } from './problem.js';
import type { ReportRuns } from './report-runs.js';
import { slashRedirect } from './slash-redirect.js';
import type { HttpTarget } from './target.js';

/** One representation that a route offers. */
export interface Offer {
  /** For `Content-Type`. */
  type: string;
  /** Makes the body, or answers by itself and gives `null`. */
  make(call: Call): string | null | Promise<string | null>;
  headers?: Readonly<Record<string, string>>;
}

/** The methods of one path, each with its representations, the preferred one first. */
export type Route = Readonly<Partial<Record<'GET' | 'POST', readonly Offer[]>>>;

/**
 * An asset's name contains a hash of its content, so a browser need not ask again. `private`: a shared cache would
 * serve it without asking who may see the page.
 */
const ASSET_HEADERS = { 'cache-control': 'private, max-age=31536000, immutable' };

const JSON_TYPE = 'application/json';
const TEXT_TYPE = 'text/plain; charset=utf-8';

/** All routes, by path below the mount. Paths are compared as they are: nothing is decoded or normalised. */
export function createRoutes(target: HttpTarget, runs: ReportRuns): ReadonlyMap<string, Route> {
  const latest = (call: Call) => latestReport(target, call);
  const report = [json(latest), text(latest)];
  const run = (call: Call) => runs.measure(call);
  const stream: Offer = {
    type: 'text/event-stream; charset=utf-8',
    make: async (call) => {
      await runs.stream(call);
      return null;
    },
  };
  return new Map<string, Route>([
    ['/', { GET: [{ type: 'text/html; charset=utf-8', make: page }] }],
    ['/status', { GET: [json(() => target.status())] }],
    ['/report', { GET: report, POST: [json(run), stream, text(run)] }],
    ['/report.txt', { GET: [text(latest)] }],
    [
      '/schema.json',
      { GET: [json(() => REPORT_SCHEMA, 'application/schema+json'), json(() => REPORT_SCHEMA)] },
    ],
    ...[...PAGE_ASSETS].map(
      ([name, { type, body }]) =>
        [`/assets/${name}`, { GET: [{ type, make: () => body, headers: ASSET_HEADERS }] }] as const,
    ),
  ]);
}

/** The value of the `Allow` header. */
export function methodsOf(route: Route): string {
  return [
    ...(route.GET === undefined ? [] : ['GET', 'HEAD']),
    ...(route.POST === undefined ? [] : ['POST']),
  ].join(', ');
}

function json(value: (call: Call) => unknown, type = JSON_TYPE): Offer {
  return { type, make: async (call) => JSON.stringify(await value(call)) };
}

function text(value: (call: Call) => LocalReport | Promise<LocalReport>): Offer {
  return { type: TEXT_TYPE, make: async (call) => renderText(await value(call)) };
}

function page(call: Call): string | null {
  const location = slashRedirect(call.request);
  if (location === null) return PAGE;
  call.redirect(location);
  return null;
}

function latestReport(target: HttpTarget, call: Call): LocalReport {
  const { isRedacted } = call;
  const local = target.lastReport();
  if (local === null) {
    throw new Problem(
      'no-report',
      'No run has ended since the app started: press the button on the page, or POST to `report`.',
    );
  }
  return isRedacted ? redactReport(local) : local;
}
