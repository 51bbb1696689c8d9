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

  /** Fires when the answer is sent, or when the client has gone. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Whether no answer can be sent any more: one was sent already, or the client has gone. */
  get isOver(): boolean {
    return this.#left.signal.aborted || this.response.headersSent || this.response.writableEnded;
  }

  /**
   * Sets our own headers. Others that the app's middleware has set stay.
   * @param isLast - whether the connection ends with this answer
   */
  setHeaders(isLast = this.#closing.aborted): void {
    const { response } = this;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // Pages of other origins may not read our answers, whatever the app allows them elsewhere.
    for (const name of ['access-control-allow-origin', 'access-control-allow-credentials']) {
      response.removeHeader(name);
    }
    response.setHeader('vary', withAccept(response.getHeader('vary')));
    // Otherwise a server that closes would wait for this idle connection. HTTP/2 has no such header.
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
    // HTTP/2 does not omit the body for HEAD by itself.
    if (this.request.method === 'HEAD') this.response.end();
    else this.response.end(body);
  }

  sendProblem({ details, headers }: Problem): void {
    this.send(details.status, 'application/problem+json', JSON.stringify(details), headers);
  }

  /** Redirects to the same address with a slash at its end. */
  redirect(location: string): void {
    this.send(308, 'text/plain; charset=utf-8', '', { location });
  }

  /** Whether the client wants a redacted report. @throws {@link Problem} */
  get isRedacted(): boolean {
    const [value = '0', ...more] = this.query.getAll('redact');
    // A value that we do not understand must not lead to a report without redaction.
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
