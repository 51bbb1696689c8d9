import { TimeUp } from './within.js';

/** Nobody gets less than this, in milliseconds, and nobody less than this many times what the slowest other took. */
const LEAST_MS = 1000;
const TIMES = 4;

/**
 * How long one of several is still waited for: without end while none has answered, and as soon as one has, so long
 * that another answer could still be on its way. One dead relay must not hold a report until its deadline.
 */
export class Patience {
  #slowestMs: number | null = null;
  readonly #waiting = new Set<() => void>();

  /**
   * Gives `act` a signal that fires with `signal`, or with {@link TimeUp} once others were quick enough. Its success
   * counts for the others.
   */
  async wait<T>(signal: AbortSignal, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const cut = new AbortController();
    const ended = () => cut.abort(signal.reason);
    let timer: NodeJS.Timeout | undefined;
    const limit = () => {
      if (this.#slowestMs === null) return;
      clearTimeout(timer);
      const ms = Math.max(LEAST_MS, TIMES * this.#slowestMs) - (performance.now() - startedAt);
      timer = setTimeout(() => cut.abort(new TimeUp('no answer, though others had one')), Math.max(0, ms));
    };
    signal.addEventListener('abort', ended, { once: true });
    this.#waiting.add(limit);
    limit();
    try {
      const result = await act(cut.signal);
      this.#slowestMs = Math.max(this.#slowestMs ?? 0, performance.now() - startedAt);
      this.#waiting.delete(limit);
      for (const other of this.#waiting) other();
      return result;
    } catch (error) {
      // Whatever a socket says while it is torn down.
      if (cut.signal.reason instanceof TimeUp) throw cut.signal.reason;
      throw error;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(limit);
      signal.removeEventListener('abort', ended);
    }
  }
}
