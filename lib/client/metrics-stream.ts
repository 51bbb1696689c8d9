import type { Clock } from '../async/index.js';
import type { MetricsUpdate } from '../wire/index.js';
import { METRICS_GAP_MS, SCHEMA_EVERY, SCHEMA_SENDINGS } from './limits.js';
import { type MetricSample, metricsUpdate, sameMetrics } from './metrics-update.js';
import type { OnlineSession } from './online-session.js';

/** The pushes of one connection: when the next one is allowed, and whether it must carry its schema. */
export class MetricsStream {
  readonly #session: OnlineSession;
  readonly #sessionId: Uint8Array;
  readonly #clock: Clock;
  /** The samples whose schema went out last. */
  #known: readonly MetricSample[] = [];
  /** Pushes since that schema changed. */
  #pushes = 0;
  #answeredAt: number | null = null;

  constructor(session: OnlineSession, sessionId: Uint8Array, clock: Clock) {
    this.#session = session;
    this.#sessionId = sessionId;
    this.#clock = clock;
  }

  /** Fires when the connection ends. */
  get signal(): AbortSignal {
    return this.#session.signal;
  }

  /** Milliseconds until a push is safe from being dropped by any platform; 0: now. */
  get wait(): number {
    if (this.#answeredAt === null) return 0;
    // If the clock was set back, the wait is still no longer than the gap.
    return Math.min(METRICS_GAP_MS, Math.max(0, this.#answeredAt + METRICS_GAP_MS - this.#clock.now()));
  }

  /** @throws RemoteError when the platform refuses it; the next push then carries the schema again */
  async push(samples: readonly MetricSample[], session: OnlineSession = this.#session): Promise<void> {
    try {
      await session.request({
        type: 'put-metrics',
        sessionId: this.#sessionId,
        update: this.#next(samples),
      });
    } catch (error) {
      this.#known = [];
      throw error;
    } finally {
      this.#answeredAt = this.#clock.now();
    }
  }

  #next(samples: readonly MetricSample[]): MetricsUpdate {
    if (this.#pushes === 0 || !sameMetrics(this.#known, samples)) this.#pushes = 0;
    this.#known = samples;
    const round = this.#pushes % SCHEMA_EVERY;
    this.#pushes += 1;
    const update = metricsUpdate(samples);
    return round < SCHEMA_SENDINGS ? update : { ...update, schema: null };
  }
}
