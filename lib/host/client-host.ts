import { setMaxListeners } from 'node:events';
import { type Clock, notify, SharedRun, type Sleep, systemClock, systemSleep } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { Connection, ConnectionHandler } from '../transport/index.js';
import { CLOSE_UNAVAILABLE } from '../transport/index.js';
import { CLIENT_HOST_ALPN, type DiagnosticsReport, type EndpointId } from '../wire/index.js';
import { makeAnswer } from './answer.js';
import type { AuditEvent, DialBack } from './audit.js';
import { type DialBackParts, type DialBackResult, DialBackServer } from './dial-back-server.js';
import { DEFAULT_HOST_LIMITS, type HostLimits, REASON_BUSY } from './limits.js';
import type { Revocation } from './revocation.js';

/** What a {@link ClientHost} is made of. */
export interface ClientHostOptions {
  /** This endpoint: only tokens it issued itself are accepted. */
  endpointId: EndpointId;
  /** Makes a report. The signal fires when no caller waits for it any more. */
  run(context: { signal: AbortSignal }): Promise<DiagnosticsReport>;
  /** A finished report serves further callers for so many milliseconds. Default: 5000. */
  reuseMs?: number | undefined;
  /** The mark below which grants are refused; read anew for each grant that is good otherwise. */
  revocation: Pick<Revocation, 'revokedUntil' | 'refresh'>;
  /** Vetoes a dial-back by anything but `true`. When it throws, the caller gets an internal error. Default: no veto. */
  onRequest?: ((info: DialBack) => boolean | Promise<boolean>) | undefined;
  /** Is told of every dial-back when it is over; what it throws is ignored. */
  onEvent?: ((event: AuditEvent) => void) | undefined;
  limits?: Partial<HostLimits> | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
  /** @internal For tests. */
  sleep?: Sleep | undefined;
}

/** Default of {@link ClientHostOptions.reuseMs}; source: the settings page. */
export const DEFAULT_REUSE_MS = 5_000;

/**
 * Answers dial-backs: the platform connects with `CLIENT_HOST_ALPN`, shows the grant token it was given, and asks
 * for one report.
 *
 * @example
 * const host = new ClientHost({ endpointId: endpoint.id, revocation, run: ({ signal }) => report(signal) });
 * router.handle(CLIENT_HOST_ALPN, host.handler);
 */
export class ClientHost {
  readonly #options: ClientHostOptions;
  readonly #limits: HostLimits;
  readonly #clock: Clock;
  readonly #parts: DialBackParts;
  /** The oldest first. */
  readonly #serving = new Set<DialBackServer>();

  constructor(options: ClientHostOptions) {
    const { endpointId, revocation, run, reuseMs = DEFAULT_REUSE_MS, onRequest } = options;
    this.#options = options;
    this.#limits = { ...DEFAULT_HOST_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    const limits = this.#limits;
    const reports = new SharedRun({ run, reuseMs, clock: this.#clock });
    this.#parts = {
      endpointId,
      revocation,
      limits,
      clock: this.#clock,
      sleep: options.sleep ?? systemSleep,
      answer: (remoteId, token, signal) =>
        makeAnswer({ reports, onRequest, limits }, remoteId, token, signal),
    };
  }

  /** Dial-backs being served. */
  get active(): number {
    return this.#serving.size;
  }

  /**
   * Serves one connection until it is over. For a `Router`, or for an accept loop of one's own: then pass a signal
   * that fires when the app stops.
   * @throws `ERR_ALPN` for a connection of another protocol
   */
  readonly handler: ConnectionHandler = async (connection, { signal }) => {
    await this.serve(connection, signal);
  };

  /**
   * As {@link handler}.
   * @returns what `onEvent` was told
   */
  async serve(connection: Connection, signal: AbortSignal): Promise<AuditEvent> {
    if (connection.alpn !== CLIENT_HOST_ALPN) {
      throw new NetDiagnosticsError('ERR_ALPN', `the client host only serves ${CLIENT_HOST_ALPN}`);
    }
    connection.refuseUniStreams();
    // One listener for each dial-back at a time is no leak.
    setMaxListeners(0, signal);
    const at = this.#clock.now();
    const result = await this.#admit(connection, signal);
    const durationMs = this.#clock.now() - at;
    const { remoteId } = connection;
    const event: AuditEvent = { type: 'dial-back', remoteId, ...result, at, durationMs };
    notify(this.#options.onEvent, event);
    return event;
  }

  async #admit(connection: Connection, signal: AbortSignal): Promise<DialBackResult> {
    if (!this.#makeRoom()) {
      connection.close(CLOSE_UNAVAILABLE, REASON_BUSY);
      return { outcome: 'busy', why: null, tokenExpiresAt: null };
    }
    const server = new DialBackServer(connection, this.#parts, signal);
    this.#serving.add(server);
    try {
      return await server.serve();
    } finally {
      this.#serving.delete(server);
    }
  }

  /** Silent strangers must not keep the platform out: of those without a token the oldest gives way. */
  #makeRoom(): boolean {
    if (this.#serving.size < this.#limits.maxConnections) return true;
    for (const server of this.#serving) {
      if (server.giveWay()) return this.#serving.delete(server);
    }
    return false;
  }
}
