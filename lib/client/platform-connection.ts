import { randomBytes } from 'node:crypto';
import {
  bounded,
  type Clock,
  monotonicMs,
  newAbort,
  notify,
  nowSeconds,
  Semaphore,
  scoped,
} from '../async/index.js';
import { hasCode, NetDiagnosticsError } from '../errors.js';
import {
  type CloseReason,
  type Connection,
  ConnectionClosedError,
  call,
  type Endpoint,
  type WaitOptions,
} from '../transport/index.js';
import {
  type ApiSecret,
  CLOSE_NORMAL,
  decodePong,
  decodeUnitResult,
  encodeServicesRequest,
  ID_SIZE,
  TOKEN_LIFETIME_SECONDS,
} from '../wire/index.js';
import { dialPlatform } from './dial-platform.js';
import { renewalTime } from './grant-schedule.js';
import {
  CLOSE_REASON_GRACE_MS,
  type ClientLimits,
  MAX_ANSWER_SIZE,
  MAX_CONCURRENT_REQUESTS,
  MAX_QUEUED_REQUESTS,
} from './limits.js';
import type { OnlineSession, RequestWait, UnitRequest } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** What {@link PlatformConnection.open} needs. */
export interface PlatformConnectionOptions {
  endpoint: Endpoint;
  apiSecret: ApiSecret;
  clock: Clock;
  limits: ClientLimits;
  /** Called with the connection when the platform has taken the token; what it throws is ignored. */
  onAuthenticated?: ((connection: Connection) => void) | undefined;
}

/** No time limit in the transport, because it would reset the stream when the time is up. */
const TO_ITS_END = { timeoutMs: Number.POSITIVE_INFINITY, maxSize: MAX_ANSWER_SIZE };

/** An answer, and the milliseconds from the moment its request was sent. */
interface Answer {
  body: Uint8Array;
  ms: number;
}

/**
 * One connection to the platform on which the client token was shown. It lasts until it is closed; it never reconnects.
 *
 * One request is under way at a time, and its stream is never reset: a backend that reads one request after the other
 * treats a reset as the end of the connection. A request whose caller gives up still runs to its end.
 */
export class PlatformConnection implements OnlineSession {
  readonly #connection: Connection;
  readonly #limits: ClientLimits;
  readonly #line = new Semaphore(MAX_CONCURRENT_REQUESTS, { maxWaiting: MAX_QUEUED_REQUESTS });
  readonly #leaving = newAbort();
  #isClosed = false;
  #closedBecause: string | null = null;
  #end: (reason: CloseReason) => void = () => {};

  /** Fires as soon as no further request is taken. If this side ends the connection, that is before its end. */
  readonly signal: AbortSignal = this.#leaving.signal;
  /** When to replace this connection by one with a fresh client token, in milliseconds since the epoch. */
  readonly renewAt: number;
  /** Resolves when the connection has ended. Never rejects. */
  readonly closed: Promise<CloseReason>;

  private constructor(connection: Connection, limits: ClientLimits, renewAt: number) {
    this.#connection = connection;
    this.#limits = limits;
    this.renewAt = renewAt;
    this.closed = new Promise((resolve) => {
      this.#end = (reason) => {
        this.#isClosed = true;
        this.#leaving.abort();
        resolve(reason);
      };
    });
    void connection.closed().then((reason) => this.#end(reason));
  }

  /**
   * Dials the platform named in the API secret and authenticates. `Auth` is the first request on every connection.
   * @throws ConnectionClosedError with code 401 when the platform does not take the token; `ERR_CONNECT`,
   * `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_ENDPOINT_CLOSED`, `ERR_STREAM` and the like otherwise
   */
  static async open(options: PlatformConnectionOptions, signal: AbortSignal): Promise<PlatformConnection> {
    const { endpoint, apiSecret, clock, limits } = options;
    const connection = await dialPlatform(endpoint, apiSecret.platform, {
      signal,
      timeoutMs: limits.connectTimeoutMs,
    });
    connection.refuseStreams();
    try {
      const issuedAt = nowSeconds(clock);
      const expiresAt = issuedAt + TOKEN_LIFETIME_SECONDS;
      const token = apiSecret.issueToken(endpoint.id, apiSecret.clientCaps, expiresAt);
      const wait = { signal, timeoutMs: limits.requestTimeoutMs };
      const answer = await bounded('waiting for the answer to Auth', wait, 0, (step) =>
        step(call(connection, encodeServicesRequest({ type: 'auth', token }), TO_ITS_END)),
      );
      if (answer.length > 0) {
        throw new NetDiagnosticsError('ERR_WIRE_DECODE', 'the answer to Auth should have been empty');
      }
      notify(options.onAuthenticated, connection);
      return new PlatformConnection(connection, limits, renewalTime(issuedAt, expiresAt));
    } catch (error) {
      const reason = await betterReason(connection, error, signal);
      connection.close(CLOSE_NORMAL);
      throw reason;
    }
  }

  /** Why this side closed it; `null` when it did not. */
  get closedBecause(): string | null {
    return this.#closedBecause;
  }

  async request(request: UnitRequest, wait: RequestWait = {}): Promise<void> {
    const body = encodeServicesRequest(request);
    readUnit(await this.#exchange(body, wait));
  }

  /**
   * Takes no more requests, drops those that wait, and lets the one under way finish.
   * @returns whether it finished in time
   */
  async drain(): Promise<boolean> {
    this.#leaving.abort();
    const idle = this.#line.close();
    const wait = { timeoutMs: this.#limits.stopGraceMs };
    return bounded('the request under way', wait, 0, (step) => step(idle)).then(
      () => true,
      () => false,
    );
  }

  /** A request after {@link drain}: the last one. @throws as {@link request} */
  async farewell(request: UnitRequest): Promise<void> {
    const body = encodeServicesRequest(request);
    const wait = { timeoutMs: this.#limits.farewellTimeoutMs };
    readUnit(await bounded('the last request', wait, 0, (step) => step(this.#call(body))));
  }

  /** @returns milliseconds until the answer; throws as {@link request} and when another ping was answered */
  async ping(wait: WaitOptions = {}): Promise<number> {
    const id = Uint8Array.from(randomBytes(ID_SIZE));
    const { body, ms } = await this.#exchange(encodeServicesRequest({ type: 'ping', id }), wait);
    if (!Buffer.from(decodePong(body)).equals(id)) {
      throw new NetDiagnosticsError('ERR_WIRE_DECODE', 'the platform answered a ping with another id');
    }
    return ms;
  }

  /** Closes the connection. @param why - for the session's status, unless the session stops */
  close(why: string): void {
    if (this.#isClosed) return;
    const { closeReason } = this.#connection;
    if (closeReason !== null) {
      // The platform closed it first, so its reason counts: it may be 401.
      this.#end(closeReason);
      return;
    }
    this.#closedBecause = why;
    this.#connection.close(CLOSE_NORMAL);
    // At once, without waiting until the transport notices: a stop must not depend on a timer.
    this.#end({ by: 'local', code: CLOSE_NORMAL, reason: why });
  }

  /** If the caller gives up, a request that still waits is dropped; one that has begun goes on without the caller. */
  #exchange(body: Uint8Array, wait: RequestWait): Promise<Answer> {
    const work = () => {
      wait.onSent?.();
      return this.#call(body);
    };
    return scoped(wait.signal, (caller) =>
      bounded('waiting for the answer', wait, Number.POSITIVE_INFINITY, (step) =>
        step(this.#line.run(work, caller.signal)),
      ),
    );
  }

  async #call(body: Uint8Array): Promise<Answer> {
    const startedAt = monotonicMs();
    const patience = setTimeout(
      () => this.close('the platform does not answer'),
      this.#limits.requestTimeoutMs,
    );
    try {
      const answer = await call(this.#connection, body, TO_ITS_END);
      return { body: answer, ms: monotonicMs() - startedAt };
    } finally {
      clearTimeout(patience);
    }
  }
}

function readUnit({ body }: Answer): void {
  const result = decodeUnitResult(body);
  if (!result.ok) throw new RemoteError(result.error);
}

/** After a failed `Auth`, the reason with which the connection is closed says more than the stream's error. */
async function betterReason(connection: Connection, error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!hasCode(error, 'ERR_STREAM') || signal.aborted) return error;
  const closed = bounded('the reason of the close', { signal }, CLOSE_REASON_GRACE_MS, (step) =>
    step(connection.closed()),
  );
  const reason = await closed.catch(() => null);
  return reason === null ? error : new ConnectionClosedError(reason, { cause: error });
}
