import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** How long the rest of an ended stream may take to be read, in milliseconds, before the connection is cut. */
const LINGER_MS = 1_000;

/** Options of an {@link EventStream}. */
export interface EventStreamOptions {
  /** Interval of a comment, so that dead streams are noticed and proxies do not cut idle ones. Milliseconds. */
  heartbeatMs: number;
  /** The stream is cut when more than this many bytes are unsent: its reader has stopped reading. */
  maxBacklog: number;
  /** The first line. Writing it also sends the response head at once. */
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
    // A write may fail because the reader has just left. The `close` event is enough to handle that.
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

  /** Ends the stream after everything that was sent. A reader that does not read it in time is cut off. */
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
    // Compression middleware holds text back until it is flushed.
    if (typeof response.flush === 'function') response.flush();
  }

  #close(): void {
    this.#isOpen = false;
    clearInterval(this.#heartbeat);
  }
}
