import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type EventBus, EventStream, type PlatformEvent } from 'iroh-net-diagnostics/services';
import { HEARTBEAT_MS, MAX_LIVE, MAX_LIVE_BACKLOG } from './constants.js';

/**
 * Tells browsers that something changed; they fetch it with the login that they have. Only a run's progress is sent.
 */
export class LiveUpdates {
  readonly #streams = new Set<EventStream>();
  readonly #unsubscribe: () => void;

  constructor(events: EventBus) {
    this.#unsubscribe = events.subscribe((event) => this.#publish(event));
  }

  /** Keeps the answer open and writes to it from now on. */
  open(reply: FastifyReply): void {
    // From here on the framework no longer handles this answer.
    reply.hijack();
    const response = reply.raw;
    const [oldest] = this.#streams;
    if (oldest !== undefined && this.#streams.size >= MAX_LIVE) this.#end(oldest);
    const stream = new EventStream(response, {
      heartbeatMs: HEARTBEAT_MS,
      maxBacklog: MAX_LIVE_BACKLOG,
      opening: 'retry: 1000',
      headers: reply.getHeaders() as OutgoingHttpHeaders,
    });
    this.#streams.add(stream);
    response.on('close', () => this.#streams.delete(stream));
  }

  close(): void {
    this.#unsubscribe();
    for (const stream of [...this.#streams]) this.#end(stream);
  }

  /** Ends all streams. Browsers ask for them again, with the login they still have. */
  endAll(): void {
    for (const stream of [...this.#streams]) stream.end();
    this.#streams.clear();
  }

  #publish(event: PlatformEvent): void {
    const message = toMessage(event);
    if (message === null) return;
    for (const stream of [...this.#streams]) stream.send(message.name, message.data);
  }

  #end(stream: EventStream): void {
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
