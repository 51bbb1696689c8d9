import type { WaitOptions } from '../transport/index.js';
import type { ServicesRequest } from '../wire/index.js';

/** A request whose answer is "done" or an error. */
export type UnitRequest = Exclude<ServicesRequest, { type: 'auth' } | { type: 'ping' }>;

/** How a request is waited for. */
export interface RequestWait extends WaitOptions {
  /** Called when the request's turn has come. From then on it may have reached the platform. */
  onSent?: (() => void) | undefined;
}

/** One authenticated connection to the platform. */
export interface OnlineSession {
  /** Fires when this connection has ended or the session stops. */
  readonly signal: AbortSignal;
  /**
   * Sends a request and waits for its answer. Requests take turns; one that has begun is finished even if its caller
   * no longer waits.
   * @throws RemoteError when the platform answers with an error; `ERR_CONNECTION_CLOSED`, `ERR_STREAM`,
   * `ERR_TIMEOUT`, `ERR_ABORTED` when there is no answer; `ERR_STATE` when too many requests wait already
   */
  request(request: UnitRequest, wait?: RequestWait): Promise<void>;
}

/**
 * Is called after the `Auth` of every new connection. It must end when `session.signal` fires; what it throws is
 * reported as an event and ends nothing else.
 */
export type OnlineHook = (session: OnlineSession) => Promise<void>;
