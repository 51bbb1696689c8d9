import type { ServerResponse } from 'node:http';
import type { EventBus, PlatformEvent } from '../events.js';
import { HEARTBEAT_MS, MAX_LIVE, MAX_LIVE_BACKLOG } from './constants.js';
import type { Exchange } from './exchange.js';

/** What browsers are told: that something changed, not what. They fetch it with the login they have. */
export class LiveUpdates {
  readonly #streams = new Set<ServerResponse>();
  readonly #unsubscribe: () => void;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(events: EventBus) {
    this.#unsubscribe = events.subscribe((event) => this.#publish(event));
    this.#heartbeat = setInterval(() => this.#writeAll(': still here\n\n'), HEARTBEAT_MS);
    this.#heartbeat.unref();
  }

  /** Keeps the answer open and writes to it from now on. */
  open({ response }: Exchange): void {
    if (this.#streams.size >= MAX_LIVE) this.#end([...this.#streams][0]);
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      // Proxies must neither buffer nor compress it.
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  close(): void {
    this.#unsubscribe();
    clearInterval(this.#heartbeat);
    for (const stream of [...this.#streams]) this.#end(stream);
  }

  #publish(event: PlatformEvent): void {
    const message = toMessage(event);
    if (message !== null) this.#writeAll(`event: ${message.name}\ndata: ${JSON.stringify(message.data)}\n\n`);
  }

  #writeAll(text: string): void {
    for (const stream of [...this.#streams]) {
      if (stream.writableLength > MAX_LIVE_BACKLOG) this.#end(stream);
      else stream.write(text);
    }
  }

  #end(stream: ServerResponse | undefined): void {
    if (stream === undefined) return;
    this.#streams.delete(stream);
    stream.destroy();
  }
}

function toMessage(event: PlatformEvent): { name: string; data: unknown } | null {
  switch (event.type) {
    case 'run':
      return { name: 'run', data: event.progress };
    case 'api-secrets-changed':
      return { name: 'secrets', data: {} };
    case 'session-refused':
    case 'request-refused':
    case 'warning':
      return null;
    default:
      return { name: 'changed', data: { endpointId: event.endpointId, what: event.type } };
  }
}
