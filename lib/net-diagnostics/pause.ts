/** A switch that is on while the app does not want to be measured from outside. Off at first. */
export class Pause {
  readonly #waiters = new Set<() => void>();
  #isOn = false;

  get isOn(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    this.#isOn = isOn;
    if (isOn) return;
    for (const wake of [...this.#waiters]) wake();
  }

  /** Resolves when it is off. Rejects with the signal's reason when `signal` fires first. */
  over(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.#isOn) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const forget = () => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', abort);
      };
      const wake = () => {
        forget();
        resolve();
      };
      const abort = () => {
        forget();
        reject(signal.reason);
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}
