import type { WaitOptions } from '../transport/types.js';
import type { ServicesRequest } from '../wire/index.js';

/** A request whose answer is "done" or an error. */
export type UnitRequest = Exclude<ServicesRequest, { type: 'auth' } | { type: 'ping' }>;

/** What may be done on one authenticated connection to the platform. */
export interface OnlineSession {
  /** Fires when this connection has ended or the session stops. */
  readonly signal: AbortSignal;
  /**
   * Sends a request and waits for its answer.
   * @throws RemoteError when the platform answers with an error; `ERR_CONNECTION_CLOSED`, `ERR_STREAM`,
   * `ERR_TIMEOUT`, `ERR_ABORTED` when there is no answer; `ERR_STATE` when too many requests wait already
   */
  request(request: UnitRequest, wait?: WaitOptions): Promise<void>;
}

/**
 * Is called after the `Auth` of every new connection. It must end when `session.signal` fires; what it throws is
 * reported as an event and ends nothing else.
 */
export type OnlineHook = (session: OnlineSession) => Promise<void>;
