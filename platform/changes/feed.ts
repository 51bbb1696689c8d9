import { notify } from 'iroh-net-diagnostics/services';
import type { Change } from './change.js';

/** Tells all processes of one platform what changed in their database. */
export interface ChangeFeed {
  /** Tells everybody, this process too: here at once. Never throws, waits for nobody. */
  publish(change: Change): void;
  /**
   * Calls the listener with every change, in the order of each process that published it. What is equal and was published
   * within a moment may come once. What it throws is ignored. @returns ends that
   */
  subscribe(listener: (change: Change) => void): () => void;
  /** Calls the listener after a break: anything may have changed meanwhile. @returns ends that */
  onGap(listener: () => void): () => void;
  /** Tells the others what is still to be told, and then nobody anything. Idempotent, never rejects. */
  close(): Promise<void>;
}

/** For a platform that is one process. */
export class LocalFeed implements ChangeFeed {
  readonly #listeners = new Set<(change: Change) => void>();
  readonly #onGap = new Set<() => void>();

  publish(change: Change): void {
    for (const listener of [...this.#listeners]) notify(listener, change);
  }

  subscribe(listener: (change: Change) => void): () => void {
    // Its own function, so that who subscribes twice is told twice.
    const own = (change: Change) => listener(change);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  onGap(listener: () => void): () => void {
    const own = () => listener();
    this.#onGap.add(own);
    return () => void this.#onGap.delete(own);
  }

  /** Something was missed. Within one process that does not happen; who brings news of others calls it. */
  gap(): void {
    for (const listener of [...this.#onGap]) notify(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    this.#onGap.clear();
  }
}
