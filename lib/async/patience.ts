import { linkedAbort } from './abort.js';
import { monotonicMs } from './clock.js';
import { TimeUp } from './within.js';

/** How long {@link Patience} lasts. */
export interface PatienceOptions {
  /** Nobody gets less than this, in milliseconds, */
  leastMs: number;
  /** and nobody less than this many times what another one took: */
  times: number;
  /** the first that answered, or the slowest that has by then. */
  than: 'first' | 'slowest';
}

/** What is waited for. `answered` says so before all of it is done. */
export type Patiently<T> = (signal: AbortSignal, answered: () => void) => Promise<T>;

/**
 * How long one of several is still waited for: without end while none has answered, and as soon as one has, so long
 * that another answer could still be on its way. One that is dead must not hold the others until the end.
 */
export class Patience {
  readonly #options: PatienceOptions;
  #tookMs: number | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /**
   * Gives `act` a signal that fires with `signal`, or with {@link TimeUp} once others were quick enough.
   * @param isAnswer - whether what it came to counts for the others. Default: it does
   */
  async wait<T>(
    signal: AbortSignal,
    act: Patiently<T>,
    isAnswer: (result: T) => boolean = () => true,
  ): Promise<T> {
    signal.throwIfAborted();
    const startedAt = monotonicMs();
    const tookMs = () => monotonicMs() - startedAt;
    const cut = linkedAbort(signal);
    let timer: NodeJS.Timeout | undefined;
    const limit = () => {
      if (this.#tookMs === null) return;
      const { leastMs, times } = this.#options;
      clearTimeout(timer);
      const ms = Math.max(leastMs, times * this.#tookMs) - tookMs();
      timer = setTimeout(() => cut.abort(new TimeUp('no answer, though others had one')), Math.max(0, ms));
    };
    this.#waiting.add(limit);
    limit();
    try {
      const result = await act(cut.signal, () => this.#answered(tookMs()));
      this.#waiting.delete(limit);
      if (isAnswer(result)) this.#answered(tookMs());
      return result;
    } catch (error) {
      const { reason } = cut.signal;
      // Whatever a socket says while it is torn down.
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
