import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type EndpointId, EventStream } from 'iroh-net-diagnostics/services';
import type { LiveChange, LiveSource } from '../fleet.js';
import { HEARTBEAT_MS, LIVE_PACE_MS, MAX_LIVE, MAX_LIVE_BACKLOG, MAX_LIVE_IDS } from './constants.js';

/**
 * Tells browsers that something changed; they fetch it with the login that they have. Only a run's progress is sent.
 * However much changes, a browser gets a few small messages a second.
 */
export class LiveUpdates {
  /** What each stream is about: one endpoint; `null`: the whole fleet. */
  readonly #streams = new Map<EventStream, EndpointId | null>();
  /** What changed since the last messages, and whether the list shows it. */
  readonly #changed = new Map<EndpointId, boolean>();
  readonly #unsubscribe: () => void;
  readonly #onEmpty: () => void;
  #pause: NodeJS.Timeout | undefined;

  /** @param onEmpty - is called when the last stream has ended */
  constructor(source: LiveSource, onEmpty: () => void = () => {}) {
    this.#onEmpty = onEmpty;
    this.#unsubscribe = source.subscribe((change) => this.#take(change));
  }

  /** Streams that are open. */
  get count(): number {
    return this.#streams.size;
  }

  /**
   * Keeps the answer open and writes to it from now on.
   * @param endpointId - `null`: of the whole fleet
   * @returns what is written to
   */
  open(reply: FastifyReply, endpointId: EndpointId | null): EventStream {
    // From here on the framework no longer handles this answer.
    reply.hijack();
    const response = reply.raw;
    const [oldest] = this.#streams.keys();
    if (oldest !== undefined && this.#streams.size >= MAX_LIVE) this.#end(oldest);
    const stream = new EventStream(response, {
      heartbeatMs: HEARTBEAT_MS,
      maxBacklog: MAX_LIVE_BACKLOG,
      opening: 'retry: 1000',
      headers: reply.getHeaders() as OutgoingHttpHeaders,
    });
    this.#streams.set(stream, endpointId);
    response.on('close', () => {
      this.#streams.delete(stream);
      if (this.#streams.size === 0) this.#onEmpty();
    });
    return stream;
  }

  close(): void {
    this.#unsubscribe();
    clearTimeout(this.#pause);
    for (const stream of [...this.#streams.keys()]) this.#end(stream);
  }

  #take(change: LiveChange): void {
    if (this.#streams.size === 0) return;
    switch (change.what) {
      case 'endpoint': {
        const { endpointId, isListed } = change;
        this.#changed.set(endpointId, isListed || this.#changed.get(endpointId) === true);
        if (this.#pause === undefined) this.#tellChanged();
        break;
      }
      case 'run':
        this.#send('run', { runId: change.runId, ...change.progress }, change.progress.endpointId);
        break;
      default:
        this.#send(change.what, {}, null);
    }
  }

  /** Tells at once what changed, then what else does in the next moment together. */
  #tellChanged(): void {
    this.#pause = undefined;
    if (this.#changed.size === 0) return;
    const listed = [...this.#changed].filter(([, isListed]) => isListed).map(([id]) => id);
    for (const [stream, about] of this.#streams) {
      if (about === null ? listed.length === 0 : !this.#changed.has(about)) continue;
      const endpointIds = about === null ? listed : [about];
      if (endpointIds.length <= MAX_LIVE_IDS) stream.send('changed', { endpointIds });
      else stream.send('many', {});
    }
    this.#changed.clear();
    this.#pause = setTimeout(() => this.#tellChanged(), LIVE_PACE_MS).unref();
  }

  /** @param about - the endpoint that it is about; `null`: all want to know */
  #send(name: string, data: unknown, about: EndpointId | null): void {
    for (const [stream, wanted] of this.#streams) {
      if (about === null || wanted === null || wanted === about) stream.send(name, data);
    }
  }

  #end(stream: EventStream): void {
    this.#streams.delete(stream);
    stream.destroy();
  }
}
