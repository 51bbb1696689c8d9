import { NetDiagnosticsError } from '../errors.js';
import { newAbort } from './abort.js';
import type { Clock } from './clock.js';

/** What a {@link SharedRun} is made of. */
export interface SharedRunOptions<T> {
  /** Makes one result. The signal fires when nobody waits for it any more. */
  run(context: { signal: AbortSignal }): Promise<T>;
  /** A finished result is handed out again for so many milliseconds. 0: never. */
  reuseMs: number;
  clock: Clock;
}

interface Running<T> {
  result: Promise<T>;
  abort: AbortController;
  waiters: number;
}

/**
 * One piece of work for many callers: a caller joins the run under way, else gets a recent enough result, else
 * starts a run. A run that nobody waits for any more is aborted. Failures are never handed out again.
 */
export class SharedRun<T> {
  readonly #options: SharedRunOptions<T>;
  #running: Running<T> | null = null;
  #latest: { value: T; finishedAt: number } | null = null;

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
    const age = this.#options.clock.now() - this.#latest.finishedAt;
    // A negative age: the clock was set back, nobody knows how old it is.
    return age >= 0 && age < this.#options.reuseMs ? this.#latest : null;
  }

  #start(): Running<T> {
    const abort = newAbort();
    // Wrapped, so that a `run` that throws at once rejects like one that throws later.
    const result = Promise.resolve().then(() => this.#options.run({ signal: abort.signal }));
    const running: Running<T> = { result, abort, waiters: 0 };
    this.#running = running;
    result.then(
      (value) => this.#ended(running, { value, finishedAt: this.#options.clock.now() }),
      () => this.#ended(running, null),
    );
    return running;
  }

  /** An abandoned run must touch nothing: a newer one may be under way. */
  #ended(running: Running<T>, latest: { value: T; finishedAt: number } | null): void {
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
      signal.addEventListener('abort', leave, { once: true });
      void running.result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    });
  }
}

function aborted(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_ABORTED', 'the wait for the report was cancelled');
}
