import { MAX_TIMER_MS, notify, settledWithin } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import { callback, milliseconds, option, type Row, readOptions, wholeNumber } from '../settings/index.js';
import { CLOSE_NORMAL, type EndpointId } from '../wire/index.js';
import {
  CLOSE_HANDLER_FAILED,
  CLOSE_UNAVAILABLE,
  HANDSHAKE_TIMEOUT_MS,
  ROUTER_CLOSE_TIMEOUT_MS,
  ROUTER_MAX_CONNECTIONS,
} from './constants.js';
import { sourceOf } from './handshakes.js';
import { RouterPlaces } from './router-places.js';
import type { Connection, Endpoint, Incoming, Listening } from './types.js';

/**
 * Serves one connection. When it returns, the router closes the connection with code 0; when it throws, with 500; unless
 * the handler has closed it already. `signal` aborts when the router closes.
 */
export type ConnectionHandler = (connection: Connection, context: { signal: AbortSignal }) => Promise<void>;

/** An event of a router. Text in `error` may come from a stranger. */
export type RouterEvent =
  /** An attempt was refused before its handshake: all places are taken, or the router closes. */
  | { type: 'refused'; remoteAddress: string }
  /** A handshake failed: unknown ALPN, garbage, or too slow. */
  | { type: 'handshake-failed'; remoteAddress: string; error: unknown }
  /** A connection was closed at once: this ALPN's places are taken, or its handler is gone. */
  | { type: 'rejected'; alpn: string; remoteId: EndpointId; remoteAddress: string }
  | { type: 'opened'; alpn: string; remoteId: EndpointId; remoteAddress: string }
  /** The handler has ended; `error` when it threw. */
  | { type: 'ended'; alpn: string; remoteId: EndpointId; remoteAddress: string; error?: unknown };

/** How a {@link Router} limits what strangers may use. */
export interface RouterOptions {
  /** Connections at once, handshakes included; more are refused. Default: 256. */
  maxConnections?: number | undefined;
  /** Milliseconds for a handshake. Default: 10000. */
  handshakeTimeoutMs?: number | undefined;
  /** Milliseconds that {@link Router.close} gives the handlers. Default: 5000. */
  closeTimeoutMs?: number | undefined;
  /** Gets events; what it throws is ignored. */
  onEvent?: ((event: RouterEvent) => void) | undefined;
}

const OPTIONS = {
  maxConnections: option(wholeNumber('a whole number', 1, Number.MAX_SAFE_INTEGER), ROUTER_MAX_CONNECTIONS),
  handshakeTimeoutMs: option(milliseconds(1, MAX_TIMER_MS), HANDSHAKE_TIMEOUT_MS),
  closeTimeoutMs: option(milliseconds(0, MAX_TIMER_MS), ROUTER_CLOSE_TIMEOUT_MS),
  onEvent: option(callback<(event: RouterEvent) => void>(), () => {}),
} satisfies { [Name in keyof Required<RouterOptions>]: Row<unknown, unknown> };

interface Route {
  handler: ConnectionHandler;
  maxConnections: number;
  active: number;
  /** Whether the endpoint's ALPNs were extended for it. */
  isAdded: boolean;
}

/** The place of one attempt or connection while it is served. */
interface Place {
  connection: Connection | null;
  /** Each place has its own: hundreds of listeners on one signal make Node warn of a leak. */
  stop: AbortController;
}

/**
 * Accepts an endpoint's connections and gives each to the handler of its ALPN. Strangers cannot make it fail: every error
 * becomes an event.
 */
export class Router {
  readonly #endpoint: Endpoint;
  readonly #places: RouterPlaces;
  readonly #handshakeTimeoutMs: number;
  readonly #closeTimeoutMs: number;
  readonly #onEvent: (event: RouterEvent) => void;
  readonly #routes = new Map<string, Route>();
  /** Each attempt and connection, from its arrival to the end of its handler. The reference keeps it open. */
  readonly #serving = new Map<Promise<void>, Place>();
  #listening: Listening | null = null;
  #closing: Promise<void> | null = null;

  /** @throws SettingError (`ERR_SETTING`) for a malformed or an unknown option */
  constructor(endpoint: Endpoint, options?: RouterOptions);
  /** @internal With places that other routers have too. */
  constructor(endpoint: Endpoint, options: RouterOptions, places: RouterPlaces | undefined);
  constructor(endpoint: Endpoint, options: RouterOptions = {}, places?: RouterPlaces) {
    this.#endpoint = endpoint;
    const { maxConnections, handshakeTimeoutMs, closeTimeoutMs, onEvent } = readOptions(
      'new Router()',
      OPTIONS,
      options,
    );
    this.#places = places ?? new RouterPlaces(maxConnections);
    this.#handshakeTimeoutMs = handshakeTimeoutMs;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#onEvent = onEvent;
  }

  /** Connections being served, handshakes included. */
  get connectionCount(): number {
    return this.#serving.size;
  }

  /**
   * Serves an ALPN from now on, and adds it to the endpoint's ALPNs.
   * @param options - `maxConnections`: of this ALPN at once; default: no limit but the router's
   * @throws NetDiagnosticsError `ERR_ALPN` when it has a handler, `ERR_STATE` after {@link close}
   */
  handle(
    alpn: string,
    handler: ConnectionHandler,
    options: { maxConnections?: number | undefined } = {},
  ): void {
    this.#assertOpen();
    if (this.#routes.has(alpn)) {
      throw new NetDiagnosticsError('ERR_ALPN', `The ALPN ${JSON.stringify(alpn)} has a handler already.`);
    }
    const alpns = this.#endpoint.alpns();
    const isAdded = !alpns.includes(alpn);
    if (isAdded) this.#endpoint.setAlpns([...alpns, alpn]);
    this.#routes.set(alpn, {
      handler,
      maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
      active: 0,
      isAdded,
    });
  }

  /** Stops serving an ALPN; open connections go on. */
  remove(alpn: string): void {
    const route = this.#routes.get(alpn);
    this.#routes.delete(alpn);
    if (route?.isAdded !== true || this.#endpoint.isClosed) return;
    this.#endpoint.setAlpns(this.#endpoint.alpns().filter((other) => other !== alpn));
  }

  /** Begins to accept. Idempotent. @throws NetDiagnosticsError `ERR_STATE`, `ERR_ENDPOINT_CLOSED` */
  start(): void {
    this.#assertOpen();
    this.#listening ??= this.#endpoint.listen((incoming) => this.#admit(incoming));
  }

  /**
   * Accepts nothing more, tells the handlers to stop, gives them `closeTimeoutMs` (default 5 s), then closes their
   * connections. The endpoint stays open, with the ALPNs it had before. Idempotent, never rejects.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const { stop } of this.#serving.values()) stop.abort();
    for (const alpn of [...this.#routes.keys()]) this.remove(alpn);
    const unlistened = this.#listening?.stop();
    await settledWithin(this.#closeTimeoutMs, Promise.all(this.#serving.keys()));
    for (const { connection } of this.#serving.values()) connection?.close(CLOSE_NORMAL);
    await unlistened;
  }

  #assertOpen(): void {
    if (this.#closing !== null)
      throw new NetDiagnosticsError('ERR_STATE', 'This router is closed; make a new one.');
  }

  /**
   * A first packet costs its sender nothing, and its source address may be false. Attempts without a proof of their address
   * therefore get only half of the places; otherwise handshakes that never continue could take all of them. The other half
   * is for proven addresses, and there an address that stalls its handshakes gives way to those that have fewer.
   */
  #admit(incoming: Incoming): void {
    if (this.#places.taken < this.#places.total / 2) this.#take(incoming, null);
    else void this.#admitProven(incoming);
  }

  async #admitProven(incoming: Incoming): Promise<void> {
    const isProven = await incoming.isValidated();
    const source = sourceOf(await incoming.remoteAddress());
    if (!isProven && this.#closing === null) incoming.retry();
    else if (this.#closing === null && this.#hasRoom(source)) this.#take(incoming, source);
    else await this.#refuse(incoming);
  }

  #hasRoom(source: string): boolean {
    const { taken, total, handshakes } = this.#places;
    return taken < total || handshakes.makeRoom(source);
  }

  /** @param source - `null`: not proven */
  #take(incoming: Incoming, source: string | null): void {
    const place: Place = { connection: null, stop: new AbortController() };
    const giveWay = () => place.stop.abort();
    const { handshakes } = this.#places;
    if (source !== null) handshakes.enter(source, giveWay);
    const handshaken = () => {
      if (source !== null) handshakes.leave(source, giveWay);
    };
    this.#places.taken += 1;
    const served = this.#serve(incoming, place, handshaken).finally(() => {
      this.#places.taken -= 1;
      this.#serving.delete(served);
    });
    this.#serving.set(served, place);
  }

  async #refuse(incoming: Incoming): Promise<void> {
    const remoteAddress = await incoming.remoteAddress();
    incoming.refuse();
    this.#tell({ type: 'refused', remoteAddress });
  }

  async #serve(incoming: Incoming, place: Place, handshaken: () => void): Promise<void> {
    const remoteAddress = await incoming.remoteAddress();
    let connection: Connection;
    try {
      connection = await incoming.accept({ signal: place.stop.signal, timeoutMs: this.#handshakeTimeoutMs });
    } catch (error) {
      // It does nothing when the handshake had begun.
      incoming.refuse();
      this.#tell({ type: 'handshake-failed', remoteAddress, error });
      return;
    } finally {
      handshaken();
    }
    place.connection = connection;
    const { alpn, remoteId } = connection;
    const who = { alpn, remoteId, remoteAddress };
    const route = this.#routes.get(alpn);
    if (route === undefined || route.active >= route.maxConnections) {
      connection.close(CLOSE_UNAVAILABLE, route === undefined ? 'Not served' : 'Too many connections');
      this.#tell({ type: 'rejected', ...who });
      return;
    }
    route.active += 1;
    this.#tell({ type: 'opened', ...who });
    try {
      await route.handler(connection, { signal: place.stop.signal });
      connection.close(CLOSE_NORMAL);
      this.#tell({ type: 'ended', ...who });
    } catch (error) {
      connection.close(CLOSE_HANDLER_FAILED);
      this.#tell({ type: 'ended', ...who, error });
    } finally {
      route.active -= 1;
    }
  }

  #tell(event: RouterEvent): void {
    notify(this.#onEvent, event);
  }
}
