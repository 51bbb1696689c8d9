import { Condition, within } from '../../async/index.js';

/** How long others wait at most, in milliseconds. A relay that answers has mostly done so by then. */
const MAX_MS = 400;

/**
 * Lets address discovery go first. Some networks let only a few new UDP flows through at a time, and address
 * discovery says most about what iroh will do. Its runs must start before those that wait for it: see the order in
 * `registry.ts`.
 */
export class HeadStart {
  readonly #holders = new Set<symbol>();
  readonly #released = new Condition();

  /** Others wait until the returned function is called. */
  take(): () => void {
    const holder = Symbol('holder');
    this.#holders.add(holder);
    return () => {
      this.#holders.delete(holder);
      this.#released.changed();
    };
  }

  /** Resolves when nobody holds it any more, when the wait took long enough, or when `signal` fires. */
  async over(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await within(MAX_MS, signal, (end) => this.#released.until(() => this.#holders.size === 0, end));
  }
}
