import type { Clock } from '../async/index.js';
import { ConnectionClosedError, StreamError } from '../transport/index.js';
import { CLOSE_UNAUTHORIZED, RESET_UNKNOWN_REQUEST, type ServicesRequest } from '../wire/index.js';
import { DOUBT_MS } from './limits.js';

/** A request that describes the endpoint. */
export type LabelRequest = Extract<
  ServicesRequest,
  { type: 'name-endpoint' | 'set-group' | 'set-attributes' }
>;

/**
 * Whether the platform knows the requests that came with 2.0. It cannot be asked. A platform that does not know them
 * resets the stream or ends the connection; one that restarts also ends the connection.
 */
export class Generation {
  readonly #clock: Clock;
  readonly #onOld: () => void;
  #isOld = false;
  #doubtfulUntil: number | null = null;

  /** @param onOld - called once when it is clear that the platform does not know them */
  constructor(clock: Clock, onOld: () => void) {
    this.#clock = clock;
    this.#onOld = onOld;
  }

  /** Whether to leave this request out until the next start. */
  isOld(request: LabelRequest): boolean {
    return this.#isOld && isNew(request);
  }

  /** When this request may be sent, in milliseconds since the epoch. */
  notBefore(request: LabelRequest): number {
    return isNew(request) ? (this.#doubtfulUntil ?? 0) : 0;
  }

  /**
   * Takes note of how a request that was sent ended without an answer.
   * @returns whether the reason may be that the platform does not know it; if not, there is another reason
   */
  blame(request: LabelRequest, error: unknown): boolean {
    if (!isNew(request) || !isSuspicious(error)) return false;
    const now = this.#clock.now();
    const isPlain = error instanceof StreamError && error.streamCode === RESET_UNKNOWN_REQUEST;
    if (isPlain) this.#beOld();
    else if (this.#doubtfulUntil === null) this.#doubtfulUntil = now + DOUBT_MS;
    // Before that time, only requests that waited behind the first one were sent, and they failed with it.
    else if (now >= this.#doubtfulUntil) this.#beOld();
    return true;
  }

  #beOld(): void {
    if (this.#isOld) return;
    this.#isOld = true;
    this.#onOld();
  }
}

function isNew({ type }: LabelRequest): boolean {
  return type !== 'name-endpoint';
}

function isSuspicious(error: unknown): boolean {
  if (error instanceof StreamError) return true;
  if (!(error instanceof ConnectionClosedError)) return false;
  const { by, code } = error.closeReason;
  return by === 'peer' && code !== CLOSE_UNAUTHORIZED;
}
