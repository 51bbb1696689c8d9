import { messageOf } from 'iroh-net-diagnostics/services';

/** Tells once that a database does not answer, and once that it does again, however many questions fail meanwhile. */
export class Outage {
  readonly #warn: (message: string) => void;
  readonly #consequence: string;
  /** Who asks and gets no answer. */
  readonly #unanswered = new Set<string>();

  /** @param consequence - what the operator has to know about an outage, a sentence */
  constructor(warn: (message: string) => void, consequence: string) {
    this.#warn = warn;
    this.#consequence = consequence;
  }

  /** Whether the last that somebody heard was nothing. */
  get lasts(): boolean {
    return this.#unanswered.size > 0;
  }

  failed(who: string, error: unknown): void {
    if (this.#unanswered.size === 0)
      this.#warn(`The database does not answer: ${messageOf(error)} ${this.#consequence}`);
    this.#unanswered.add(who);
  }

  worked(who: string): void {
    if (this.#unanswered.delete(who) && this.#unanswered.size === 0)
      this.#warn('The database answers again.');
  }

  /** That one asks no more. */
  forget(who: string): void {
    this.#unanswered.delete(who);
  }
}
