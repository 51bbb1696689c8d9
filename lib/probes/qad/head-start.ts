import type { Family } from '../../report/index.js';

/** How long anybody is held for it, in milliseconds: a relay that answers at all mostly has by then. */
const MAX_MS = 400;

/**
 * Who asks first. Some networks let few new UDP flows through at a time: address discovery, which says what iroh will
 * do, gets them before those who look at details. Runs that take it must start before those that wait for its end:
 * see the order in `registry.ts`.
 */
export class HeadStart {
  readonly #answeredAfterMs = new Map<Family, number>();
  readonly #holders = new Set<symbol>();
  readonly #waiting = new Set<() => void>();

  /** Takes it, until the returned function is called. */
  take(): () => void {
    const holder = Symbol('holder');
    this.#holders.add(holder);
    return () => {
      this.#holders.delete(holder);
      if (this.#holders.size > 0) return;
      for (const go of [...this.#waiting]) go();
    };
  }

  /** A relay of this family was the first to answer, after so many milliseconds. */
  answered(family: Family, afterMs: number): void {
    this.#answeredAfterMs.set(family, afterMs);
  }

  /** Milliseconds after which the first relay of this family answered; null: none has. */
  answerMs(family: Family): number | null {
    return this.#answeredAfterMs.get(family) ?? null;
  }

  /** Resolves as soon as nobody holds it any more, the wait took long enough, or `signal` fires. */
  over(signal: AbortSignal): Promise<void> {
    if (this.#holders.size === 0 || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const go = () => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      const timer = setTimeout(go, MAX_MS);
      this.#waiting.add(go);
      signal.addEventListener('abort', go, { once: true });
    });
  }
}
