/** Who is let in. */

import type { IncomingMessage } from 'node:http';
import { bounded } from '../async/index.js';
import { isLoopbackHost, siteOf } from '../http-kit/index.js';
import type { HttpAuthorize, HttpSettings } from '../options/index.js';
import { isLoopbackAddress } from '../wire/index.js';
import { Problem } from './problem.js';

/**
 * What proxies, load balancers and content networks add; nobody's word for a browser on this machine. Of `X-…` a browser
 * or `curl` sends nothing by itself, so any will do, but for what scripts of pages like to send.
 */
const FORWARDED =
  /^(?:forwarded(?:-for)?|via|cdn-loop|x-(?!requested-with$).*|.*client-?ip|.*connecting-ip|(?:cf|fly|fastly|cloudfront|akamai|ali|true|proxy|front-end)-.*)$/;

/** Hands a fault of the app's own to its log. */
export type ReportFault = (what: string, error: unknown) => void;

/** How it is decided. */
export interface AdmissionOptions {
  /** Whether the app runs for others than its developer: then what is for this machine alone is closed. */
  isProduction: boolean;
  /** How long `authorize` may take. Milliseconds. */
  timeoutMs: number;
  /** Fires when nobody waits for the answer any more. */
  left: AbortSignal;
  onFault: ReportFault;
}

/** Lets the request in, or not. @throws {@link Problem} */
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
 * Refuses what pages of other sites make a browser ask, whatever CORS the app grants to them: the browser may stand
 * where the routes are open. A link from elsewhere to the page is none of that.
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
 * A proxy that speaks like a browser cannot be told from one. Where proxies stand, `loopback` therefore opens nothing
 * (docs/decisions/page-access.md).
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
  // The way nginx speaks unless it is told otherwise, without any header of a proxy. No browser has spoken it for long.
  const isOld = request.httpVersionMajor === 1 && request.httpVersionMinor === 0;
  // A target with a host of its own is for proxies (RFC 9112, section 3.2.2), and stands above `Host`.
  const isForProxy = !(request.url ?? '').startsWith('/');
  if (isForwarded || isForProxy || isOld) throw refuse('The request came through a proxy.');
  if (hosts.length === 0 || !hosts.every(isLoopbackHost)) {
    throw refuse('The request names another host than this machine.');
  }
}

/** By the socket alone: what a framework says (`req.ip`) may come from a header. */
function isFromLoopback({ socket }: IncomingMessage): boolean {
  try {
    return isLoopbackAddress(socket.remoteAddress ?? '');
  } catch {
    // HTTP/2, and the connection has gone meanwhile.
    return false;
  }
}

/** From the raw head: of a repeated `Host`, Node shows the first, and a proxy may have judged by the last. */
function readHead({ rawHeaders }: IncomingMessage): { hosts: string[]; isForwarded: boolean } {
  const hosts: string[] = [];
  let isForwarded = false;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    // Some servers behind proxies read an underscore like a hyphen.
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
      // Wrapped, so that one that throws at once is like one that rejects later.
      step(Promise.resolve().then(() => authorize(request))),
    );
  } catch (error) {
    if (!left.aborted) onFault('`http.authorize` failed', error);
  }
  // Anything but `true` is a no: also what a callback in JavaScript forgot to return.
  if (answer !== true)
    throw new Problem('not-authorized', 'The app does not let this request in: log in first.');
}
