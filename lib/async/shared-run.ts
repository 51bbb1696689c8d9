import { NetDiagnosticsError } from '../errors.js';
import { newAbort, onAbort } from './abort.js';
import { type Clock, monotonicMs } from './clock.js';

/** Options of a {@link SharedRun}. */
export interface SharedRunOptions<T> {
  /** Makes one result. The signal fires when nobody waits for it any more. */
  run(context: { signal: AbortSignal }): Promise<T>;
  /** For how many milliseconds a finished result is handed out again. 0: never. */
  reuseMs: number;
  /** The time of day, which also counts the time that the machine slept. */
  clock: Clock;
  /** Milliseconds from any origin; never goes back. Default: {@link monotonicMs}. */
  monotonic?: (() => number) | undefined;
}

/** A moment on both clocks: the time of day may be set back, and the other one stops while the machine sleeps. */
interface Moment {
  wall: number;
  passed: number;
}

/** A result, and when it was ready. */
interface Finished<T> {
  value: T;
  at: Moment;
}

interface Running<T> {
  result: Promise<T>;
  abort: AbortController;
  waiters: number;
}

/**
 * One piece of work for many callers: a caller joins the current run, else gets a recent enough result, else starts a
 * run. A run that nobody waits for any more is aborted. Failures are never handed out again.
 */
export class SharedRun<T> {
  readonly #options: SharedRunOptions<T>;
  #running: Running<T> | null = null;
  #latest: Finished<T> | null = null;

  constructor(options: SharedRunOptions<T>) {
    this.#options = options;
  }

  /**
   * The shared result. Rejects as the run does.
   * @throws `ERR_ABORTED` as soon as `signal` fires; the run goes on as long as somebody else waits for it
   */
  get(signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(aborted());
    const recent = this.#running === null ? this.#recent() : null;
    return recent === null
      ? this.#join(this.#running ?? this.#start(), signal)
      : Promise.resolve(recent.value);
  }

  #recent(): { value: T } | null {
    if (this.#latest === null) return null;
    const [now, { at }] = [this.#now(), this.#latest];
    const age = Math.max(now.wall - at.wall, now.passed - at.passed);
    return age < this.#options.reuseMs ? this.#latest : null;
  }

  #now(): Moment {
    return { wall: this.#options.clock.now(), passed: (this.#options.monotonic ?? monotonicMs)() };
  }

  #start(): Running<T> {
    const abort = newAbort();
    // Wrapped, so that a `run` that throws at once rejects like one that throws later.
    const result = Promise.resolve().then(() => this.#options.run({ signal: abort.signal }));
    const running: Running<T> = { result, abort, waiters: 0 };
    this.#running = running;
    result.then(
      (value) => this.#ended(running, { value, at: this.#now() }),
      () => this.#ended(running, null),
    );
    return running;
  }

  /** An abandoned run must change nothing here: a newer one may be running. */
  #ended(running: Running<T>, latest: Finished<T> | null): void {
    if (this.#running !== running) return;
    this.#running = null;
    if (latest !== null) this.#latest = latest;
  }

  #join(running: Running<T>, signal: AbortSignal): Promise<T> {
    running.waiters += 1;
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        reject(aborted());
        running.waiters -= 1;
        if (running.waiters > 0) return;
        if (this.#running === running) this.#running = null;
        running.abort.abort();
      };
      void running.result.then(resolve, reject).finally(onAbort(signal, leave));
    });
  }
}

function aborted(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_ABORTED', 'the wait for the report was cancelled');
}
