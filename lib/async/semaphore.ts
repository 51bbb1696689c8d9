import { NetDiagnosticsError } from '../errors.js';
import { onAbort } from './abort.js';

/** Gives a place back. Idempotent. */
export type Release = () => void;

/** Options of a {@link Semaphore}. */
export interface SemaphoreOptions {
  /** How many places one holder may have at once. Default: all. */
  share?: number | undefined;
  /** How many may wait in line. Default: any number. */
  maxWaiting?: number | undefined;
}

interface Waiting {
  holder: string;
  enter(): void;
  drop(): void;
}

/**
 * A fixed number of places. A holder waits in line when all places are taken, or when it has its share of them. The wait
 * has no time limit, so the work in the places must have one.
 */
export class Semaphore {
  readonly #places: number;
  readonly #share: number;
  readonly #maxWaiting: number;
  readonly #held = new Map<string, number>();
  readonly #waiting: Waiting[] = [];
  #taken = 0;
  #isClosed = false;
  #onIdle: () => void = () => {};

  constructor(
    places: number,
    { share = places, maxWaiting = Number.POSITIVE_INFINITY }: SemaphoreOptions = {},
  ) {
    this.#places = places;
    this.#share = share;
    this.#maxWaiting = maxWaiting;
  }

  /**
   * Waits for a place.
   * @throws `ERR_STATE` when the line is full or the semaphore is closed; `ERR_ABORTED` when `signal` fires first
   */
  async take(signal?: AbortSignal, holder = ''): Promise<Release> {
    if (signal?.aborted === true) throw cancelled();
    if (this.#isClosed) throw closed();
    if (this.#mayEnter(holder)) this.#enter(holder);
    else await this.#turn(signal, holder);
    let isHeld = true;
    return () => {
      if (isHeld) this.#leave(holder);
      isHeld = false;
    };
  }

  /** Does `work` in a place. @throws as {@link take}; what `work` throws */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const release = await this.take(signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Lets nobody in any more, and rejects all who wait. Resolves when all places are free. Call it once. */
  close(): Promise<void> {
    this.#isClosed = true;
    // Over a copy: `drop` removes its entry from the line.
    for (const { drop } of [...this.#waiting]) drop();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      if (this.#taken === 0) resolve();
    });
  }

  #mayEnter(holder: string): boolean {
    return this.#taken < this.#places && (this.#held.get(holder) ?? 0) < this.#share;
  }

  #enter(holder: string): void {
    this.#taken += 1;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + 1);
  }

  #leave(holder: string): void {
    this.#taken -= 1;
    const left = (this.#held.get(holder) ?? 1) - 1;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
    // The place goes directly to the next one in line, so a newcomer cannot take it first.
    this.#waiting.find((next) => this.#mayEnter(next.holder))?.enter();
    if (this.#taken === 0) this.#onIdle();
  }

  #turn(signal: AbortSignal | undefined, holder: string): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      return Promise.reject(
        new NetDiagnosticsError('ERR_STATE', `${this.#maxWaiting} requests wait already; try again later`),
      );
    }
    return new Promise((resolve, reject) => {
      const leaveLine = () => {
        forget();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      };
      const leaveWith = (error: NetDiagnosticsError) => {
        leaveLine();
        reject(error);
      };
      const enter = () => {
        leaveLine();
        this.#enter(holder);
        resolve();
      };
      const waiting = { holder, enter, drop: () => leaveWith(closed()) };
      this.#waiting.push(waiting);
      const forget = onAbort(signal, () => leaveWith(cancelled()));
    });
  }
}

function cancelled(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_ABORTED', 'the request was cancelled before its turn came');
}

function closed(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STATE', 'the connection is about to end; try again on the next one');
}
