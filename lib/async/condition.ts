import { onAbort } from './abort.js';

/** Many can wait for a state that changes, each until its own condition holds. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  /** Reports a change: each waiting condition is checked before this returns. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when `holds` returns true, or `signal` fires. Never rejects. */
  until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    if (holds() || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(look);
        forget();
        resolve();
      };
      const look = () => {
        if (holds()) done();
      };
      this.#waiting.add(look);
      const forget = onAbort(signal, done);
    });
  }
}
