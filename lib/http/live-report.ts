import { type Clock, onAbort, SharedRun, TokenBucket } from '../async/index.js';
import type { ProbeEvent } from '../diagnose/index.js';
import type { LocalReport } from '../report/index.js';
import { BUSY_RETRY_S, MAX_WATCHERS, RUN_BURST, RUNS_PER_MINUTE } from './constants.js';
import { Problem } from './problem.js';
import type { HttpTarget } from './target.js';

/** Gets the progress of a run. Must not throw. */
export type ProgressListener = (event: ProbeEvent) => void;

/** Shares one run among all who ask while it lasts. Each gets all of its progress. Limits how many runs start. */
export class LiveReport {
  readonly #target: HttpTarget;
  readonly #runs: SharedRun<LocalReport>;
  readonly #starts: TokenBucket;
  readonly #watchers = new Set<ProgressListener>();
  /** Of the run under way, for those who join it later. */
  #progress: ProbeEvent[] = [];

  constructor(target: HttpTarget, clock: Clock) {
    this.#target = target;
    this.#starts = new TokenBucket(RUN_BURST, RUNS_PER_MINUTE, clock);
    this.#runs = new SharedRun({ run: ({ signal }) => this.#run(signal), reuseMs: 0, clock });
  }

  /** Refuses a request when there are too many watchers or runs. @throws {@link Problem} */
  assertRoom(): void {
    if (this.#watchers.size >= MAX_WATCHERS) {
      throw new Problem('too-many-watchers', 'Wait for the run under way, then read its report with GET.', {
        'retry-after': String(BUSY_RETRY_S),
      });
    }
    // Joining a run does not start one, so it is not counted.
    const waitMs = this.#watchers.size > 0 ? 0 : this.#starts.take();
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new Problem(
        'too-many-runs',
        `Run again in ${seconds} s; GET shows the latest report at any time.`,
        { 'retry-after': String(seconds) },
      );
    }
  }

  /**
   * The report of the run under way, or of a new one. The run is aborted when nobody waits for it any more.
   * @throws `ERR_ABORTED` as soon as `left` fires; what the run throws
   */
  async watch(left: AbortSignal, onProgress: ProgressListener): Promise<LocalReport> {
    for (const event of this.#progress) onProgress(event);
    this.#watchers.add(onProgress);
    // Left at once, not when the wait has ended: otherwise the next one would join a run that is being aborted.
    const leave = () => this.#watchers.delete(onProgress);
    const forgetLeft = onAbort(left, leave);
    try {
      return await this.#runs.get(left);
    } finally {
      forgetLeft();
      leave();
    }
  }

  async #run(signal: AbortSignal): Promise<LocalReport> {
    const progress: ProbeEvent[] = [];
    this.#progress = progress;
    const onProbe = (event: ProbeEvent) => {
      // This run was aborted, and another may be under way.
      if (signal.aborted) return;
      progress.push(event);
      for (const tell of this.#watchers) tell(event);
    };
    const forget = () => {
      if (this.#progress === progress) this.#progress = [];
    };
    onAbort(signal, forget);
    try {
      return await this.#target.run({ signal, onProbe });
    } finally {
      forget();
    }
  }
}
