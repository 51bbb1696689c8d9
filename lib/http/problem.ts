/** Answers that are errors: problem details (RFC 9457). */

/** What went wrong, for programs; `type` of the answer is `urn:iroh-net-diagnostics:problem:<kind>`. */
const KINDS = {
  'bad-query': [400, 'The query is not understood'],
  closed: [403, 'The routes are closed'],
  'not-local': [403, 'This machine only'],
  'in-production': [403, 'For development only'],
  'not-authorized': [403, 'Not authorised'],
  'foreign-site': [403, 'Another site asked'],
  'not-found': [404, 'There is nothing here'],
  'no-report': [404, 'No report yet'],
  'method-not-allowed': [405, 'The method is not possible here'],
  'not-acceptable': [406, 'No such representation'],
  'not-running': [409, 'The diagnostics cannot run'],
  'uri-too-long': [414, 'The address is too long'],
  'too-many-runs': [429, 'Too many runs'],
  failed: [500, 'The diagnostics failed'],
  'too-many-watchers': [503, 'Too many wait already'],
  'shutting-down': [503, 'The app is shutting down'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof KINDS;

/** The body of such an answer. */
export interface ProblemDetails {
  type: string;
  title: string;
  status: number;
  detail: string;
}

/** An error that becomes the answer. */
export class Problem extends Error {
  override name = 'Problem';
  readonly details: ProblemDetails;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail - what happened and what to do, for the client; it must say nothing about the inside of the app */
  constructor(kind: ProblemKind, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    const [status, title] = KINDS[kind];
    this.details = { type: `urn:iroh-net-diagnostics:problem:${kind}`, title, status, detail };
    this.headers = headers;
  }
}

/** For errors of the app itself: the client is told nothing about them. */
export function unexpected(): Problem {
  return new Problem('failed', "The app's log says why.");
}
