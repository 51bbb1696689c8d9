import { Condition } from '../async/index.js';

/** A switch that is on while the app refuses to be measured from outside. Off at first. */
export class Pause {
  readonly #changes = new Condition();
  #isOn = false;

  get isOn(): boolean {
    return this.#isOn;
  }

  set(isOn: boolean): void {
    this.#isOn = isOn;
    this.#changes.changed();
  }

  /** Resolves when it is off. Rejects with the signal's reason when `signal` fires first. */
  async over(signal: AbortSignal): Promise<void> {
    await this.#changes.until(() => !this.#isOn, signal);
    signal.throwIfAborted();
  }
}
