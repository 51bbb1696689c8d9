import { NetDiagnosticsError } from '../../errors.js';

/** Gives a place back. Idempotent. */
export type Release = () => void;

interface Waiting {
  holder: string;
  go: () => void;
}

/** A fixed number of places; who comes late waits in line, and so does who has its share of them. */
export class Slots {
  #free: number;
  readonly #share: number;
  readonly #held = new Map<string, number>();
  readonly #waiting: Waiting[] = [];

  /** @param share - how many one holder may have at once; default: all */
  constructor(places: number, share = places) {
    this.#free = places;
    this.#share = share;
  }

  /** Waits for a place. @throws `ERR_ABORTED` */
  async take(signal: AbortSignal, holder = ''): Promise<Release> {
    if (signal.aborted) throw aborted();
    if (this.#mayHave(holder)) this.#give(holder);
    else await this.#wait(signal, holder);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#takeBack(holder);
    };
  }

  #mayHave(holder: string): boolean {
    return this.#free > 0 && (this.#held.get(holder) ?? 0) < this.#share;
  }

  #give(holder: string): void {
    this.#free -= 1;
    this.#held.set(holder, (this.#held.get(holder) ?? 0) + 1);
  }

  #takeBack(holder: string): void {
    this.#free += 1;
    const left = (this.#held.get(holder) ?? 1) - 1;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
    const next = this.#waiting.findIndex((waiting) => this.#mayHave(waiting.holder));
    const [waiting] = next === -1 ? [] : this.#waiting.splice(next, 1);
    if (waiting === undefined) return;
    this.#give(waiting.holder);
    waiting.go();
  }

  #wait(signal: AbortSignal, holder: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const waiting = { holder, go };
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(aborted());
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}

function aborted(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_ABORTED', 'The wait was cancelled.');
}
