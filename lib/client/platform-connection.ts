import { randomBytes } from 'node:crypto';
import { linkedAbort, newAbort } from '../abort.js';
import { type Clock, monotonicMs, nowSeconds, systemSleep } from '../clock.js';
import { hasCode, NetDiagnosticsError } from '../errors.js';
import { call } from '../transport/rpc.js';
import {
  type CloseReason,
  type Connection,
  ConnectionClosedError,
  type Endpoint,
  type WaitOptions,
} from '../transport/types.js';
import {
  type ApiSecret,
  Caps,
  CLOSE_NORMAL,
  decodePong,
  decodeUnitResult,
  encodeServicesRequest,
  ID_SIZE,
  SERVICES_ALPN,
  TOKEN_LIFETIME_SECONDS,
} from '../wire/index.js';
import { renewalTime } from './grant-schedule.js';
import { Limiter } from './limiter.js';
import {
  CLOSE_REASON_GRACE_MS,
  type ClientLimits,
  MAX_ANSWER_SIZE,
  MAX_CONCURRENT_REQUESTS,
  MAX_QUEUED_REQUESTS,
} from './limits.js';
import type { OnlineSession, UnitRequest } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** What {@link PlatformConnection.open} needs. */
export interface PlatformConnectionOptions {
  endpoint: Endpoint;
  apiSecret: ApiSecret;
  clock: Clock;
  limits: ClientLimits;
}

const CLIENT_CAPS = Caps.of('client');

/** One connection to the platform that has shown its client token. It lives until it is closed; it never reconnects. */
export class PlatformConnection implements OnlineSession {
  readonly #connection: Connection;
  readonly #limits: ClientLimits;
  readonly #limiter = new Limiter(MAX_CONCURRENT_REQUESTS, MAX_QUEUED_REQUESTS);
  readonly #ended = newAbort();
  #closedBecause: string | null = null;
  #end: (reason: CloseReason) => void = () => {};

  readonly signal: AbortSignal = this.#ended.signal;
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
        this.#ended.abort();
        resolve(reason);
      };
    });
    void connection.closed().then((reason) => this.#end(reason));
  }

  /**
   * Dials the platform named in the API secret and authenticates: `Auth` comes first on every connection.
   * @throws ConnectionClosedError with code 401 when the platform does not take the token; `ERR_CONNECT`,
   * `ERR_TIMEOUT`, `ERR_ABORTED`, `ERR_ENDPOINT_CLOSED`, `ERR_STREAM` and the like otherwise
   */
  static async open(options: PlatformConnectionOptions, signal: AbortSignal): Promise<PlatformConnection> {
    const { endpoint, apiSecret, clock, limits } = options;
    const connection = await endpoint.connect(apiSecret.platform, SERVICES_ALPN, {
      signal,
      timeoutMs: limits.connectTimeoutMs,
    });
    connection.refuseStreams();
    try {
      const issuedAt = nowSeconds(clock);
      const expiresAt = issuedAt + TOKEN_LIFETIME_SECONDS;
      const token = apiSecret.issueToken(endpoint.id, CLIENT_CAPS, expiresAt);
      const answer = await call(connection, encodeServicesRequest({ type: 'auth', token }), {
        signal,
        timeoutMs: limits.requestTimeoutMs,
        maxSize: MAX_ANSWER_SIZE,
      });
      if (answer.length > 0) {
        throw new NetDiagnosticsError('ERR_WIRE_DECODE', 'the answer to Auth should have been empty');
      }
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

  async request(request: UnitRequest, wait: WaitOptions = {}): Promise<void> {
    const body = encodeServicesRequest(request);
    const result = decodeUnitResult(await this.#exchange(body, wait));
    if (!result.ok) throw new RemoteError(result.error);
  }

  /** @returns milliseconds until the answer; throws as {@link request} and when another ping was answered */
  async ping(wait: WaitOptions = {}): Promise<number> {
    const id = Uint8Array.from(randomBytes(ID_SIZE));
    const startedAt = monotonicMs();
    const answer = decodePong(await this.#exchange(encodeServicesRequest({ type: 'ping', id }), wait));
    if (!Buffer.from(answer).equals(id)) {
      throw new NetDiagnosticsError('ERR_WIRE_DECODE', 'the platform answered a ping with another id');
    }
    return monotonicMs() - startedAt;
  }

  /** Ends it. @param why - for the session's status, when this is not a stop */
  close(why: string): void {
    if (this.signal.aborted) return;
    const { closeReason } = this.#connection;
    if (closeReason !== null) {
      // The platform was first, and its reason counts: it may be 401.
      this.#end(closeReason);
      return;
    }
    this.#closedBecause = why;
    this.#connection.close(CLOSE_NORMAL);
    // At once, rather than when the transport notices: a stop must not depend on a timer.
    this.#end({ by: 'local', code: CLOSE_NORMAL, reason: why });
  }

  #exchange(body: Uint8Array, wait: WaitOptions): Promise<Uint8Array> {
    return this.#limiter.run(async () => {
      const patience = this.#limits.requestTimeoutMs;
      const timeoutMs = Math.min(wait.timeoutMs ?? patience, patience);
      try {
        return await call(this.#connection, body, {
          signal: wait.signal,
          timeoutMs,
          maxSize: MAX_ANSWER_SIZE,
        });
      } catch (error) {
        // Only our own patience is a verdict on the platform; a caller may be in more of a hurry.
        if (hasCode(error, 'ERR_TIMEOUT') && timeoutMs === patience)
          this.close('the platform does not answer');
        throw error;
      }
    }, wait.signal);
  }
}

/** After a failed `Auth`: the reason the connection closes with tells more than the stream's error. */
async function betterReason(connection: Connection, error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!hasCode(error, 'ERR_STREAM') || signal.aborted) return error;
  const grace = linkedAbort(signal);
  const passed = systemSleep(CLOSE_REASON_GRACE_MS, grace.signal).then(
    () => null,
    () => null,
  );
  const reason = await Promise.race([connection.closed(), passed]);
  grace.abort();
  grace.release();
  return reason === null ? error : new ConnectionClosedError(reason, { cause: error });
}
