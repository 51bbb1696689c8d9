import { onAbort } from './abort.js';

/** What many wait for, each until it is as it needs it. */
export class Condition {
  readonly #waiting = new Set<() => void>();

  /** Says that something is different now: each who waits looks at it, before this returns. */
  changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Resolves when `holds` does, or `signal` fires. Never rejects. */
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
