import { NetDiagnosticsError } from '../errors.js';

/** Lets only so many pieces of work go on at once; further ones wait their turn, up to a bound. */
export class Limiter {
  readonly #maxActive: number;
  readonly #maxQueued: number;
  readonly #queue: (() => void)[] = [];
  #active = 0;

  constructor(maxActive: number, maxQueued: number) {
    this.#maxActive = maxActive;
    this.#maxQueued = maxQueued;
  }

  /**
   * Does `work` as soon as there is room. Its time in the queue is not bounded: the work before it must be.
   * @throws `ERR_STATE` when the queue is full, `ERR_ABORTED` when `signal` fires before the work began
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#active >= this.#maxActive) await this.#turn(signal);
    else this.#active += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one: nobody can slip in between.
      const next = this.#queue.shift();
      if (next === undefined) this.#active -= 1;
      else next();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#queue.length >= this.#maxQueued) {
      return Promise.reject(
        new NetDiagnosticsError('ERR_STATE', `${this.#maxQueued} requests wait already; try again later`),
      );
    }
    return new Promise((resolve, reject) => {
      const cancelled = () => {
        this.#queue.splice(this.#queue.indexOf(start), 1);
        reject(new NetDiagnosticsError('ERR_ABORTED', 'the request was cancelled before it was sent'));
      };
      const start = () => {
        signal?.removeEventListener('abort', cancelled);
        resolve();
      };
      if (signal?.aborted === true) {
        reject(new NetDiagnosticsError('ERR_ABORTED', 'the request was cancelled before it was sent'));
        return;
      }
      signal?.addEventListener('abort', cancelled, { once: true });
      this.#queue.push(start);
    });
  }
}
