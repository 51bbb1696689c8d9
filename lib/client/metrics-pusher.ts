import { randomUUID } from 'node:crypto';
import { bounded, type Clock, notify, type Sleep, systemClock, systemSleep } from '../async/index.js';
import { NetDiagnosticsError } from '../errors.js';
import type { WaitOptions } from '../transport/index.js';
import { retryDelay } from './backoff.js';
import {
  type ClientLimits,
  DEFAULT_CLIENT_LIMITS,
  METRICS_GAP_MS,
  METRICS_GAP_SLACK_MS,
  METRICS_START_SPREAD_MS,
} from './limits.js';
import { MetricsStream } from './metrics-stream.js';
import { type MetricSample, uuidBytes } from './metrics-update.js';
import type { OnlineSession } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** Options of a {@link MetricsPusher}. */
export interface MetricsPusherOptions {
  /** The values measured now, in a stable order. */
  samples(): readonly MetricSample[] | Promise<readonly MetricSample[]>;
  /** Milliseconds between two pushes. 0: no automatic pushes. */
  intervalMs: number;
  /**
   * Whether the platform keeps pushes that come faster than every 30 s. Called only before such a push, until it
   * returns `true`. Default: no.
   */
  takesAll?: ((signal: AbortSignal) => Promise<boolean>) | undefined;
  /** Whether to leave a push out. Default: never. */
  isPaused?: (() => boolean) | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  clock?: Clock | undefined;
  sleep?: Sleep | undefined;
  limits?: Partial<ClientLimits> | undefined;
  /** Names this stream of updates. Default: `crypto.randomUUID()` (version 4). */
  sessionUuid?: string | undefined;
  /** Called with the reason why the platform refused an update. Not called again for the same reason. */
  onRefused?: ((error: RemoteError) => void) | undefined;
  /** Called once if pushes are further apart than asked for, since the platform may not keep faster ones. */
  onSlowed?: (() => void) | undefined;
}

/**
 * Sends metrics to the platform at an interval. The session id stays the same over reconnects, until the process ends.
 * The schema is sent on each new connection (a platform may come back with an empty memory), when it has changed, and
 * after a refused update. Each time it is sent twice in a row, and it is repeated from time to time, since a platform
 * may drop a push.
 */
export class MetricsPusher {
  readonly #options: MetricsPusherOptions;
  readonly #sessionId: Uint8Array;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  readonly #limits: ClientLimits;
  #stream: MetricsStream | null = null;
  /** The current push, which may still wait for its time. Every caller who wants a push shares it. */
  #pushing: { stream: MetricsStream; done: Promise<void> } | null = null;
  #lastRefusal: string | null = null;
  #takesAll = false;
  #wasSlowed = false;

  constructor(options: MetricsPusherOptions) {
    this.#options = options;
    this.#sessionId = uuidBytes(options.sessionUuid ?? randomUUID());
    this.#random = options.random ?? Math.random;
    this.#clock = options.clock ?? systemClock;
    this.#sleep = options.sleep ?? systemSleep;
    this.#limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
  }

  /** The hook for `Session`: pushes until the connection ends. */
  readonly onOnline = async (session: OnlineSession): Promise<void> => {
    const { intervalMs } = this.#options;
    const stream = new MetricsStream(session, this.#sessionId, this.#clock);
    this.#stream = stream;
    if (intervalMs === 0) return;
    let delay = this.#random() * Math.min(intervalMs, METRICS_START_SPREAD_MS);
    for (;;) {
      await this.#sleep(delay, session.signal);
      delay = intervalMs;
      if (this.#options.isPaused?.() === true) continue;
      try {
        await this.#push(stream);
        this.#lastRefusal = null;
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        this.#report(error);
        delay = Math.max(intervalMs, retryDelay(error.failure, 0, this.#random(), this.#limits));
      }
    }
  };

  /**
   * Pushes now. If the platform is not known to keep it, waits until 30 s have passed since the last push.
   * @throws RemoteError when the platform refuses it; `ERR_STATE` when there is no connection; `ERR_TIMEOUT`, `ERR_ABORTED`
   */
  async pushNow(wait: WaitOptions = {}): Promise<void> {
    const stream = this.#stream;
    if (stream === null || stream.signal.aborted) {
      throw new NetDiagnosticsError('ERR_STATE', 'not connected to the platform; try again later');
    }
    await bounded('pushing metrics', wait, Number.POSITIVE_INFINITY, (step) => step(this.#push(stream)));
  }

  /** The last push of a session that stops. `farewell`: takes only this last request. */
  readonly farewell = async (farewell: OnlineSession): Promise<void> => {
    if (this.#options.intervalMs === 0 || this.#options.isPaused?.() === true) return;
    await this.#stream?.push(await this.#options.samples(), farewell);
  };

  #push(stream: MetricsStream): Promise<void> {
    if (this.#pushing?.stream === stream) return this.#pushing.done;
    const done = this.#pushWhenAllowed(stream).finally(() => {
      if (this.#pushing?.stream === stream) this.#pushing = null;
    });
    this.#pushing = { stream, done };
    return done;
  }

  async #pushWhenAllowed(stream: MetricsStream): Promise<void> {
    const { wait } = stream;
    const mayHurry = wait > METRICS_GAP_SLACK_MS && (await this.#mayHurry(stream.signal));
    if (wait > 0 && !mayHurry) await this.#sleep(wait, stream.signal);
    await stream.push(await this.#options.samples());
  }

  async #mayHurry(signal: AbortSignal): Promise<boolean> {
    this.#takesAll ||= (await this.#options.takesAll?.(signal)) ?? false;
    const { intervalMs } = this.#options;
    const isSlowed = !this.#takesAll && intervalMs > 0 && intervalMs < METRICS_GAP_MS - METRICS_GAP_SLACK_MS;
    if (isSlowed && !this.#wasSlowed) notify(this.#options.onSlowed);
    this.#wasSlowed ||= isSlowed;
    return this.#takesAll;
  }

  #report(error: RemoteError): void {
    if (error.message === this.#lastRefusal) return;
    this.#lastRefusal = error.message;
    notify(this.#options.onRefused, error);
  }
}
