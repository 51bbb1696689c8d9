import { randomUUID } from 'node:crypto';
import { type Sleep, systemSleep } from '../clock.js';
import { notify } from '../notify.js';
import type { EndpointStat } from '../transport/types.js';
import type { MetricsSchema } from '../wire/index.js';
import { retryDelay } from './backoff.js';
import { METRICS_START_SPREAD_MS } from './limits.js';
import { metricsUpdate, uuidBytes } from './metrics-update.js';
import type { OnlineSession } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** What a {@link MetricsPusher} is made of. */
export interface MetricsPusherOptions {
  /** The endpoint's counters, in a stable order. */
  stats(): readonly EndpointStat[];
  /** Milliseconds between two pushes. 0: never push. */
  intervalMs: number;
  /** Whether to leave a push out. Default: never. */
  isPaused?: (() => boolean) | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  sleep?: Sleep | undefined;
  /** Names this stream of updates. Default: `crypto.randomUUID()` (version 4). */
  sessionUuid?: string | undefined;
  /** Is told why the platform refused an update; the same answer again is not repeated. */
  onRefused?: ((error: RemoteError) => void) | undefined;
}

/**
 * Sends the endpoint's counters to the platform at an interval. One session id serves the whole life of the
 * process, over reconnects. The schema goes out on each new connection (a platform may come back with an empty
 * memory), when it changed, and again after a refused update.
 */
export class MetricsPusher {
  readonly #options: MetricsPusherOptions;
  readonly #sessionId: Uint8Array;
  readonly #random: () => number;
  readonly #sleep: Sleep;
  #lastRefusal: string | null = null;

  constructor(options: MetricsPusherOptions) {
    this.#options = options;
    this.#sessionId = uuidBytes(options.sessionUuid ?? randomUUID());
    this.#random = options.random ?? Math.random;
    this.#sleep = options.sleep ?? systemSleep;
  }

  /** The hook for `Session`: pushes until the connection ends. */
  readonly onOnline = async (session: OnlineSession): Promise<void> => {
    const { intervalMs } = this.#options;
    if (intervalMs === 0) return;
    let schema: MetricsSchema | null = null;
    let delay = this.#random() * Math.min(intervalMs, METRICS_START_SPREAD_MS);
    for (;;) {
      await this.#sleep(delay, session.signal);
      delay = intervalMs;
      if (this.#options.isPaused?.() === true) continue;
      try {
        schema = await this.#push(session, schema);
        this.#lastRefusal = null;
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error;
        this.#report(error);
        schema = null;
        delay = Math.max(intervalMs, retryDelay(error.failure, 0, this.#random()));
      }
    }
  };

  async #push(session: OnlineSession, known: MetricsSchema | null): Promise<MetricsSchema> {
    const { update, schema } = metricsUpdate(this.#options.stats(), known);
    await session.request({ type: 'put-metrics', sessionId: this.#sessionId, update });
    return schema;
  }

  #report(error: RemoteError): void {
    if (error.message === this.#lastRefusal) return;
    this.#lastRefusal = error.message;
    notify(this.#options.onRefused, error);
  }
}
