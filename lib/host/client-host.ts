import { type Clock, notify, SharedRun, type Sleep, systemClock, systemSleep } from '../async/index.js';
import {
  callback,
  endpointId,
  group,
  milliseconds,
  needed,
  objectWith,
  option,
  type Row,
  readOptions,
  wholeNumber,
} from '../settings/index.js';
import type { Connection, ConnectionHandler } from '../transport/index.js';
import { beginServing, CLOSE_UNAVAILABLE } from '../transport/index.js';
import { CLIENT_HOST_ALPN, type DiagnosticsReport, type EndpointId } from '../wire/index.js';
import { makeAnswer } from './answer.js';
import type { AuditEvent, DialBack } from './audit.js';
import { type DialBackParts, type DialBackResult, DialBackServer } from './dial-back-server.js';
import { DEFAULT_HOST_LIMITS, type HostLimits, REASON_BUSY } from './limits.js';
import type { Revocation } from './revocation.js';

/** Options of a {@link ClientHost}. */
export interface ClientHostOptions {
  /** This endpoint: only tokens it issued itself are accepted. */
  endpointId: EndpointId;
  /** Makes a report. The signal fires when no caller waits for it any more. */
  run(context: { signal: AbortSignal }): Promise<DiagnosticsReport>;
  /** A dial-back shares a running report, or gets one of at most this age, in ms. Default: 5000; 0: never an old one. */
  reuse?: number | undefined;
  /** The mark below which grants are refused. Read again for each grant that is valid otherwise. */
  revocation: Pick<Revocation, 'revokedUntil' | 'refresh'>;
  /** Refuses a dial-back with anything but `true`. If it throws, the caller gets an internal error. Default: none. */
  onRequest?: ((info: DialBack) => boolean | Promise<boolean>) | undefined;
  /** Called with every dial-back when it is over; what it throws is ignored. */
  onEvent?: ((event: AuditEvent) => void) | undefined;
  limits?: Partial<HostLimits> | undefined;
  /** @internal For tests. */
  clock?: Clock | undefined;
  /** @internal For tests. */
  sleep?: Sleep | undefined;
}

/** Older reports say nothing about the network as it is now. */
const MAX_REUSE_MS = 3_600_000;

const LIMIT = wholeNumber('a whole number', 0, Number.MAX_SAFE_INTEGER);
const LIMITS = Object.fromEntries(
  Object.entries(DEFAULT_HOST_LIMITS).map(([name, value]) => [name, option(LIMIT, value)]),
) as { [Name in keyof HostLimits]: Row<number> };

const OPTIONS = {
  endpointId: needed(endpointId()),
  run: needed(callback<ClientHostOptions['run']>()),
  reuse: option(milliseconds(1, MAX_REUSE_MS, 'never'), 5_000),
  revocation: needed(objectWith<ClientHostOptions['revocation']>('a Revocation', 'refresh')),
  onRequest: option(callback<NonNullable<ClientHostOptions['onRequest']>>(), null),
  onEvent: option(callback<NonNullable<ClientHostOptions['onEvent']>>(), null),
  limits: option(group('an object of limits', LIMITS), DEFAULT_HOST_LIMITS),
  clock: option(objectWith<Clock>('a Clock', 'now'), systemClock),
  sleep: option(callback<Sleep>(), systemSleep),
} satisfies { [Name in keyof Required<ClientHostOptions>]: Row<unknown, unknown> };

/**
 * Answers dial-backs: the platform connects with `CLIENT_HOST_ALPN`, shows the grant token it was given, and asks
 * for one report.
 *
 * @example
 * const host = new ClientHost({ endpointId: endpoint.id, revocation, run: ({ signal }) => report(signal) });
 * router.handle(CLIENT_HOST_ALPN, host.handler);
 */
export class ClientHost {
  readonly #onEvent: ((event: AuditEvent) => void) | null;
  readonly #limits: HostLimits;
  readonly #clock: Clock;
  readonly #parts: DialBackParts;
  /** The oldest first. */
  readonly #serving = new Set<DialBackServer>();

  /** @throws SettingError (`ERR_SETTING`) for a malformed or an unknown option */
  constructor(options: ClientHostOptions) {
    const {
      endpointId: ownId,
      revocation,
      run,
      reuse,
      onRequest,
      onEvent,
      limits,
      clock,
      sleep,
    } = readOptions('new ClientHost()', OPTIONS, options);
    this.#onEvent = onEvent;
    this.#limits = limits;
    this.#clock = clock;
    const reports = new SharedRun({ run, reuseMs: reuse, clock });
    this.#parts = {
      endpointId: ownId,
      revocation,
      limits,
      clock,
      sleep,
      answer: (remoteId, token, signal) =>
        makeAnswer({ reports, onRequest: onRequest ?? undefined, limits }, remoteId, token, signal),
    };
  }

  /** Dial-backs being served. */
  get active(): number {
    return this.#serving.size;
  }

  /**
   * Serves one connection until it is over. For a `Router`, or for your own accept loop: then pass a signal that fires
   * when the app stops.
   * @throws `ERR_ALPN` for a connection of another protocol
   */
  readonly handler: ConnectionHandler = async (connection, { signal }) => {
    await this.serve(connection, signal);
  };

  /**
   * As {@link handler}.
   * @returns the event that `onEvent` got
   */
  async serve(connection: Connection, signal: AbortSignal): Promise<AuditEvent> {
    beginServing(connection, { alpn: CLIENT_HOST_ALPN, who: 'the client host', signal });
    const at = this.#clock.now();
    const result = await this.#admit(connection, signal);
    const durationMs = this.#clock.now() - at;
    const { remoteId } = connection;
    const event: AuditEvent = { type: 'dial-back', remoteId, ...result, at, durationMs };
    notify(this.#onEvent, event);
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

  /**
   * If all places are taken, closes the oldest connection that has shown no token: callers that stay silent must not keep
   * the platform out.
   */
  #makeRoom(): boolean {
    if (this.#serving.size < this.#limits.maxConnections) return true;
    for (const server of this.#serving) {
      if (server.giveWay()) return this.#serving.delete(server);
    }
    return false;
  }
}
