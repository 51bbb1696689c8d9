import { NetDiagnosticsError } from '../errors.js';

/** Lets only so many pieces of work go on at once; further ones wait their turn, up to a bound. */
export class Limiter {
  readonly #maxActive: number;
  readonly #maxQueued: number;
  readonly #queue: { start(): void; drop(): void }[] = [];
  #active = 0;
  #isClosed = false;
  #onIdle: () => void = () => {};

  constructor(maxActive: number, maxQueued: number) {
    this.#maxActive = maxActive;
    this.#maxQueued = maxQueued;
  }

  /**
   * Does `work` as soon as there is room. Its time in the queue is not bounded: the work before it must be.
   * @throws `ERR_STATE` when the queue is full or closed, `ERR_ABORTED` when `signal` fires before the work began
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#isClosed) throw closed();
    if (this.#active >= this.#maxActive) await this.#turn(signal);
    else this.#active += 1;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one: nobody can slip in between.
      const next = this.#queue.shift();
      if (next === undefined) this.#active -= 1;
      else next.start();
      if (this.#active === 0) this.#onIdle();
    }
  }

  /** Takes no more work, and drops what waits. Resolves when the work that goes on has ended. Call it once. */
  close(): Promise<void> {
    this.#isClosed = true;
    // Each takes itself out of the queue.
    for (const { drop } of [...this.#queue]) drop();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#active === 0) resolve();
    });
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    if (this.#queue.length >= this.#maxQueued) {
      return Promise.reject(
        new NetDiagnosticsError('ERR_STATE', `${this.#maxQueued} requests wait already; try again later`),
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (error: NetDiagnosticsError) => {
        signal?.removeEventListener('abort', cancelled);
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(error);
      };
      const cancelled = () =>
        leave(new NetDiagnosticsError('ERR_ABORTED', 'the request was cancelled before it was sent'));
      const start = () => {
        signal?.removeEventListener('abort', cancelled);
        resolve();
      };
      const waiting = { start, drop: () => leave(closed()) };
      this.#queue.push(waiting);
      if (signal?.aborted === true) cancelled();
      else signal?.addEventListener('abort', cancelled, { once: true });
    });
  }
}

function closed(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STATE', 'the connection is about to end; try again on the next one');
}
