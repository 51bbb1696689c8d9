import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long the rest of an ended stream may take to be read, in milliseconds, before the connection is cut. */
const LINGER_MS = 1_000;

/** How an {@link EventStream} is kept. */
export interface EventStreamOptions {
  /** A comment so often, so that dead streams show up and proxies do not cut idle ones. Milliseconds. */
  heartbeatMs: number;
  /** Unsent bytes at which the stream is given up: its reader sleeps. */
  maxBacklog: number;
  /** The first line, which also carries the head to the reader at once. */
  opening: string;
  headers?: OutgoingHttpHeaders | undefined;
}

/** One answer as `text/event-stream`. It never throws, and never keeps the process alive by itself. */
export class EventStream {
  readonly #response: ServerResponse;
  readonly #maxBacklog: number;
  readonly #heartbeat: NodeJS.Timeout;
  #isOpen = true;

  /** Sends the head of the answer. */
  constructor(response: ServerResponse, { heartbeatMs, maxBacklog, opening, headers }: EventStreamOptions) {
    this.#response = response;
    this.#maxBacklog = maxBacklog;
    this.#heartbeat = setInterval(() => this.#write(': still here\n\n'), heartbeatMs).unref();
    // A write that crosses with the reader's leaving: `close` tells all there is to know.
    response.on('error', () => {});
    response.once('close', () => this.#close());
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies must neither buffer nor compress it.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    this.#write(`${opening}\n\n`);
  }

  /** Sends an event; does nothing on a closed stream. `data` has to be JSON. */
  send(name: string, data: unknown): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Ends the stream after what was sent. A reader that does not take it in time is cut off. */
  end(): void {
    if (!this.#isOpen) return;
    this.#close();
    const response = this.#response;
    const cut = setTimeout(() => response.destroy(), LINGER_MS).unref();
    response.once('close', () => clearTimeout(cut));
    response.end();
  }

  /** Cuts the connection. */
  destroy(): void {
    this.#close();
    this.#response.destroy();
  }

  #write(text: string): void {
    if (!this.#isOpen) return;
    const response: ServerResponse & { flush?: unknown } = this.#response;
    if (response.writableLength > this.#maxBacklog) {
      this.destroy();
      return;
    }
    response.write(text);
    // Middleware that compresses holds texts back until it is told.
    if (typeof response.flush === 'function') response.flush();
  }

  #close(): void {
    this.#isOpen = false;
    clearInterval(this.#heartbeat);
  }
}
