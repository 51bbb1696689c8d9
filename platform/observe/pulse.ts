import { bounded } from 'iroh-net-diagnostics/services';

/** An answer that takes longer is none. Milliseconds. */
const ANSWER_MS = 2_000;
/** An answer is good for so long: anybody may ask for it. Milliseconds. */
const FRESH_MS = 1_000;

/** What the database said. */
export interface Beat {
  isAnswered: boolean;
  /** How long the answer took, or was waited for. */
  durationMs: number;
}

/** Asks the database whether it is there: once at a time, and at most once a second, however many want to know. */
export class Pulse {
  readonly #ping: () => Promise<unknown>;
  /** Under way, also when nobody waits for it any more: a database that is away is not asked ten times. */
  #question: Promise<unknown> | null = null;
  #last: { at: number; beat: Promise<Beat> } | null = null;

  /** @param ping - the simplest question */
  constructor(ping: () => Promise<unknown>) {
    this.#ping = ping;
  }

  /** Never rejects. */
  beat(): Promise<Beat> {
    const now = performance.now();
    if (this.#last === null || now - this.#last.at >= FRESH_MS)
      this.#last = { at: now, beat: this.#ask(now) };
    return this.#last.beat;
  }

  async #ask(at: number): Promise<Beat> {
    const took = () => performance.now() - at;
    this.#question ??= this.#ping().finally(() => {
      this.#question = null;
    });
    const question = this.#question;
    try {
      await bounded('asking the database', {}, ANSWER_MS, (step) => step(question));
      return { isAnswered: true, durationMs: took() };
    } catch {
      return { isAnswered: false, durationMs: took() };
    }
  }
}
