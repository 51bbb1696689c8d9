import { NetDiagnosticsError } from '../../errors.js';

/** Gives a place back. Idempotent. */
export type Release = () => void;

/** A fixed number of places; who comes late waits in line. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Waits for a place. @throws `ERR_ABORTED` */
  async take(signal: AbortSignal): Promise<Release> {
    if (signal.aborted) throw aborted();
    if (this.#free > 0) this.#free -= 1;
    else await this.#wait(signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      // A waiting one inherits the place: the count stays as it is.
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(aborted());
      };
      this.#waiting.push(go);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

function aborted(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_ABORTED', 'The wait was cancelled.');
}
