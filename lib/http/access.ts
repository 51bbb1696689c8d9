/** Decides whether a request may use the routes. */

import type { IncomingMessage } from 'node:http';
import { bounded } from '../async/index.js';
import { isLoopbackHost, siteOf } from '../http-kit/index.js';
import type { HttpAuthorize, HttpSettings } from '../options/index.js';
import { isLoopbackAddress } from '../wire/index.js';
import { Problem } from './problem.js';

/**
 * Headers that proxies, load balancers and content networks add. A browser or `curl` sends no `X-…` header by
 * itself, so every `X-…` header counts, except `X-Requested-With`, which scripts of pages often set.
 */
const FORWARDED =
  /^(?:forwarded(?:-for)?|via|cdn-loop|x-(?!requested-with$).*|.*client-?ip|.*connecting-ip|(?:cf|fly|fastly|cloudfront|akamai|ali|true|proxy|front-end)-.*)$/;

/** Reports an error of the app itself to its log. */
export type ReportFault = (what: string, error: unknown) => void;

/** What {@link admit} decides by, besides the settings. */
export interface AdmissionOptions {
  /** Whether the app runs in production: then `access: 'loopback'` lets nobody in. */
  isProduction: boolean;
  /** How long `authorize` may take. Milliseconds. */
  timeoutMs: number;
  /** Fires when nobody waits for the answer any more. */
  left: AbortSignal;
  onFault: ReportFault;
}

/** Resolves when the request may use the routes. @throws {@link Problem} when it may not */
export async function admit(
  request: IncomingMessage,
  settings: HttpSettings | null,
  options: AdmissionOptions,
): Promise<void> {
  if (settings === null) {
    throw new Problem(
      'closed',
      'Open them with the option `http`: { access: "loopback" } for this machine, or { authorize: (request) => … }.',
    );
  }
  assertOwnSite(request);
  const { access } = settings;
  if (access === 'loopback') {
    if (options.isProduction) throw inProduction();
    assertLocal(request);
  }
  if (typeof access === 'function') await assertAuthorized(request, access, options);
}

/**
 * Refuses requests that pages of other sites make, whatever the app's CORS settings allow them: their reader's
 * browser may run where the routes are open. A link on another site that leads to the page is allowed.
 */
function assertOwnSite(request: IncomingMessage): void {
  const { headers, method } = request;
  if (siteOf(headers, authorityOf(request)) !== 'foreign') return;
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (isLink && (method === 'GET' || method === 'HEAD')) return;
  throw new Problem(
    'foreign-site',
    'Only pages of this origin may ask. Behind a proxy: let it pass the `Host` header on as the browser sent it.',
  );
}

/**
 * A proxy that sends the same headers as a browser cannot be recognised. In production, where proxies are usual,
 * `loopback` therefore lets nobody in (docs/decisions/page-access.md).
 */
function inProduction(): Problem {
  return new Problem(
    'in-production',
    '`access: "loopback"` is for development, and NODE_ENV is "production": use `authorize`.',
  );
}

function assertLocal(request: IncomingMessage): void {
  const refuse = (why: string) =>
    new Problem(
      'not-local',
      `${why} With \`access: "loopback"\`, open http://localhost on the machine itself or through \`ssh -L\`; ` +
        'for anything else use `authorize`.',
    );
  if (!isFromLoopback(request)) throw refuse('The request did not come from this machine.');
  const { hosts, isForwarded } = readHead(request);
  // nginx uses HTTP/1.0 by default and adds no header of a proxy. Browsers stopped using HTTP/1.0 long ago.
  const isOld = request.httpVersionMajor === 1 && request.httpVersionMinor === 0;
  // A target that contains a host is the form for proxies (RFC 9112, section 3.2.2), and overrides `Host`.
  const isForProxy = !(request.url ?? '').startsWith('/');
  if (isForwarded || isForProxy || isOld) throw refuse('The request came through a proxy.');
  if (hosts.length === 0 || !hosts.every(isLoopbackHost)) {
    throw refuse('The request names another host than this machine.');
  }
}

/** Looks at the socket only: a framework's own value (`req.ip`) may come from a header. */
function isFromLoopback({ socket }: IncomingMessage): boolean {
  try {
    return isLoopbackAddress(socket.remoteAddress ?? '');
  } catch {
    // HTTP/2 throws when the connection was closed in the meantime.
    return false;
  }
}

/** Reads the raw headers: when `Host` is repeated, Node shows the first, but a proxy may have used the last. */
function readHead({ rawHeaders }: IncomingMessage): { hosts: string[]; isForwarded: boolean } {
  const hosts: string[] = [];
  let isForwarded = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    // Some servers behind proxies treat an underscore like a hyphen.
    const name = (rawHeaders[at] ?? '').toLowerCase().replaceAll('_', '-');
    if (name === 'host' || name === ':authority') hosts.push(rawHeaders[at + 1] ?? '');
    isForwarded ||= FORWARDED.test(name);
  }
  return { hosts, isForwarded };
}

/** The host that the request names, in HTTP/1 and HTTP/2. */
function authorityOf({ headers }: IncomingMessage): string | undefined {
  const authority = headers[':authority'];
  return typeof authority === 'string' ? authority : headers.host;
}

async function assertAuthorized(
  request: IncomingMessage,
  authorize: HttpAuthorize,
  { timeoutMs, left, onFault }: AdmissionOptions,
): Promise<void> {
  let answer: unknown = false;
  try {
    answer = await bounded('authorize', { signal: left }, timeoutMs, (step) =>
      // Wrapped, so that a callback that throws is handled like one that rejects.
      step(Promise.resolve().then(() => authorize(request))),
    );
  } catch (error) {
    if (!left.aborted) onFault('`http.authorize` failed', error);
  }
  // Only `true` lets the request in: a callback in JavaScript may have forgotten to return something.
  if (answer !== true)
    throw new Problem('not-authorized', 'The app does not let this request in: log in first.');
}
