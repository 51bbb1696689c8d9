import type { IncomingMessage, ServerResponse } from 'node:http';
import { newAbort } from '../async/index.js';
import { isGone, SECURITY_HEADERS } from '../http-kit/index.js';
import { Problem } from './problem.js';

/** One request to one of our routes, and its answer. */
export class Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly #left = newAbort();
  readonly #closing: AbortSignal;

  /** @param closing - fires when the app's server ends */
  constructor(request: IncomingMessage, response: ServerResponse, query: string, closing: AbortSignal) {
    this.request = request;
    this.response = response;
    this.query = new URLSearchParams(query);
    this.#closing = closing;
    response.once('close', () => this.#left.abort());
    if (isGone(response)) this.#left.abort();
  }

  /** Fires when the answer is out, or nobody is left to read it. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Whether an answer cannot be given any more: it has been, or nobody is left. */
  get isOver(): boolean {
    return this.#left.signal.aborted || this.response.headersSent || this.response.writableEnded;
  }

  /**
   * Our own headers; those that the app's middleware has set beside them stay.
   * @param isLast - whether the connection ends with this answer
   */
  setHeaders(isLast = this.#closing.aborted): void {
    const { response } = this;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // Pages of other origins read nothing here, whatever the app grants them elsewhere.
    for (const name of ['access-control-allow-origin', 'access-control-allow-credentials']) {
      response.removeHeader(name);
    }
    response.setHeader('vary', withAccept(response.getHeader('vary')));
    // A server that closes would wait for the connection to be used again. HTTP/2 knows no such header.
    if (isLast && this.request.httpVersionMajor === 1) response.setHeader('connection', 'close');
  }

  send(status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}): void {
    if (this.isOver) return;
    this.setHeaders();
    this.response.writeHead(status, {
      ...headers,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
    });
    // HTTP/2 does not leave the body of an answer to HEAD out by itself.
    if (this.request.method === 'HEAD') this.response.end();
    else this.response.end(body);
  }

  sendProblem({ details, headers }: Problem): void {
    this.send(details.status, 'application/problem+json', JSON.stringify(details), headers);
  }

  /** To the same address with a slash at its end. */
  redirect(location: string): void {
    this.send(308, 'text/plain; charset=utf-8', '', { location });
  }

  /** Whether the report is wanted in a form to pass on. @throws {@link Problem} */
  get isRedacted(): boolean {
    const [value = '0', ...more] = this.query.getAll('redact');
    // What is not understood must not end in a report with everything in it.
    if ((value !== '0' && value !== '1') || more.length > 0) {
      throw new Problem('bad-query', '`redact` is 1 or 0, once.');
    }
    return value === '1';
  }
}

function withAccept(vary: number | string | readonly string[] | undefined): string {
  const names = String(vary ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return names.some((name) => /^(accept|\*)$/i.test(name))
    ? names.join(', ')
    : [...names, 'Accept'].join(', ');
}
