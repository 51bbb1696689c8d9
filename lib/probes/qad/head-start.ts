import { Condition, within } from '../../async/index.js';

/** How long anybody is held for it, in milliseconds: a relay that answers at all mostly has by then. */
const MAX_MS = 400;

/**
 * Who asks first. Some networks let few new UDP flows through at a time: address discovery, which says what iroh will
 * do, gets them before those who look at details. Runs that take it must start before those that wait for its end:
 * see the order in `registry.ts`.
 */
export class HeadStart {
  readonly #holders = new Set<symbol>();
  readonly #released = new Condition();

  /** Takes it, until the returned function is called. */
  take(): () => void {
    const holder = Symbol('holder');
    this.#holders.add(holder);
    return () => {
      this.#holders.delete(holder);
      this.#released.changed();
    };
  }

  /** Resolves as soon as nobody holds it any more, the wait took long enough, or `signal` fires. */
  async over(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await within(MAX_MS, signal, (end) => this.#released.until(() => this.#holders.size === 0, end));
  }
}
