import { messageOf } from './api.js';

/** How {@link Paced} works. Milliseconds. */
export interface PacedOptions {
  /** From the asking to the work: a burst of events then causes one piece of work. */
  calmMs: number;
  /** From the end of one piece of work to the next, which is only asked for and not wanted now. */
  gapMs: number;
  work(): Promise<void>;
  /** Gets what went wrong with the latest work; empty when nothing did. */
  onError(message: string): void;
}

/** Does work soon after it was asked for, never twice at the same time, and not too often. */
export class Paced {
  readonly #options: PacedOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | undefined;
  #isWanted = false;
  #isAskedFor = false;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PacedOptions) {
    this.#options = options;
  }

  /** Asks for work. */
  soon(): void {
    // How long to rest is known when the work at hand has ended.
    this.#isAskedFor = true;
    if (this.#working !== undefined) return;
    const { calmMs, gapMs } = this.#options;
    const restMs = this.#endedAt + gapMs - performance.now();
    this.#timer ??= setTimeout(() => void this.now(), Math.max(calmMs, restMs));
  }

  /** Works. While it works already, works once more after that. Resolves when nothing is left. */
  now(): Promise<void> {
    this.#isWanted = true;
    this.#working ??= this.#workAll().finally(() => {
      this.#working = undefined;
      if (this.#isAskedFor) this.soon();
    });
    return this.#working;
  }

  /** Nothing that was asked for is done any more. */
  stop(): void {
    this.#isAskedFor = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #workAll(): Promise<void> {
    const { work, onError } = this.#options;
    while (this.#isWanted) {
      this.#isWanted = false;
      this.stop();
      try {
        await work();
        onError('');
      } catch (error) {
        onError(messageOf(error));
      }
      this.#endedAt = performance.now();
    }
  }
}
