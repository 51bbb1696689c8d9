import type { IncomingMessage, ServerResponse } from 'node:http';
import { SECURITY_HEADERS } from 'iroh-net-diagnostics/services';
import { MAX_BODY } from './constants.js';

/** An answer other than 200, with a sentence for the reader. */
export class HttpError extends Error {
  override name = 'HttpError';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    // Only path and query are used: the base says nothing. A target such as `//x` would name a host.
    this.url = new URL(
      `http://dashboard${(request.url ?? '/').replace(/^[^/].*$/, '/').replace(/^\/+/, '/')}`,
    );
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    // With `no-referrer` browsers say `Origin: null` when a form is sent, also to our own pages: nobody could log in by one.
    response.setHeader('referrer-policy', 'same-origin');
  }

  get isApi(): boolean {
    return this.url.pathname.startsWith('/api/');
  }

  send(status: number, type: string, body: string): void {
    this.response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    this.response.end(body);
  }

  html(body: string, status = 200): void {
    this.send(status, 'text/html; charset=utf-8', body);
  }

  json(body: unknown, status = 200): void {
    this.send(status, 'application/json; charset=utf-8', JSON.stringify(body));
  }

  redirect(location: string): void {
    this.response.writeHead(303, { location, 'content-length': 0 });
    this.response.end();
  }

  /** The whole body as text. @throws {@link HttpError} 413, 400 */
  async body(): Promise<string> {
    const parts: Buffer[] = [];
    let size = 0;
    try {
      for await (const part of this.request as AsyncIterable<Buffer>) {
        size += part.length;
        // What follows stays unread: the connection cannot be used again.
        if (size > MAX_BODY) throw new HttpError(413, 'The request is too large.', { connection: 'close' });
        parts.push(part);
      }
    } catch (error) {
      // Nobody is left to read this; but it is no fault of ours either.
      throw error instanceof HttpError ? error : new HttpError(400, 'The request broke off.');
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** The body as a JSON object. @throws {@link HttpError} 400, 413, 415 */
  async jsonBody(): Promise<Record<string, unknown>> {
    if (!/^application\/json(;|$)/i.test(this.request.headers['content-type'] ?? '')) {
      throw new HttpError(415, 'Send application/json.');
    }
    const text = await this.body();
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return value as Record<string, unknown>;
      }
    } catch {
      // Answered below.
    }
    throw new HttpError(400, 'The body is no JSON object.');
  }
}
