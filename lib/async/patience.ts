import { linkedAbort } from './abort.js';
import { monotonicMs } from './clock.js';
import { TimeUp } from './within.js';

/** How long {@link Patience} lasts. */
export interface PatienceOptions {
  /** Each one gets at least this long, in milliseconds. */
  leastMs: number;
  /** Each one also gets at least this many times as long as the one named by `than` took. */
  times: number;
  /** Which one is compared with: the first that answered, or the slowest of those that have answered so far. */
  than: 'first' | 'slowest';
}

/** Work that is waited for. It may call `answered` as soon as it has an answer, before it is done. */
export type Patiently<T> = (signal: AbortSignal, answered: () => void) => Promise<T>;

/**
 * How long to wait for each of several. While none has answered there is no limit. Once one has answered, the others get
 * as long as a slower answer may need: one that is dead must not hold up the rest until the deadline.
 */
export class Patience {
  readonly #options: PatienceOptions;
  #tookMs: number | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /**
   * Gives `act` a signal that fires when `signal` does, or with {@link TimeUp} when its time is over because others answered.
   * @param isAnswer - whether its result counts as an answer, and so limits the others. Default: it does
   * @param ownLeastMs - in place of `leastMs`, for this one, as soon as it is known. Must not reject
   */
  async wait<T>(
    signal: AbortSignal,
    act: Patiently<T>,
    isAnswer: (result: T) => boolean = () => true,
    ownLeastMs?: Promise<number>,
  ): Promise<T> {
    signal.throwIfAborted();
    const startedAt = monotonicMs();
    const tookMs = () => monotonicMs() - startedAt;
    const cut = linkedAbort(signal);
    let timer: NodeJS.Timeout | undefined;
    let { leastMs } = this.#options;
    const limit = () => {
      if (this.#tookMs === null) return;
      const { times } = this.#options;
      clearTimeout(timer);
      const ms = Math.max(leastMs, times * this.#tookMs) - tookMs();
      timer = setTimeout(() => cut.abort(new TimeUp('no answer, though others had one')), Math.max(0, ms));
    };
    this.#waiting.add(limit);
    limit();
    void ownLeastMs?.then((ms) => {
      leastMs = ms;
      if (this.#waiting.has(limit)) limit();
    });
    try {
      const result = await act(cut.signal, () => this.#answered(tookMs()));
      this.#waiting.delete(limit);
      if (isAnswer(result)) this.#answered(tookMs());
      return result;
    } catch (error) {
      const { reason } = cut.signal;
      // The error itself may be anything that a socket reports while it is closed.
      if (reason instanceof TimeUp && !signal.aborted) throw reason;
      throw error;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(limit);
      cut.release();
    }
  }

  #answered(tookMs: number): void {
    const known = this.#tookMs;
    if (known === null) this.#tookMs = tookMs;
    else if (this.#options.than === 'slowest') this.#tookMs = Math.max(known, tookMs);
    for (const limit of this.#waiting) limit();
  }
}
