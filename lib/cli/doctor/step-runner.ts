import { monotonicMs } from '../../async/index.js';
import { messageOf } from '../../errors.js';
import { type Found, StepFailed, type StepName, type StepResult, StepSkipped } from './step.js';

/** Called by a {@link StepRunner} when a step starts and ends. */
export interface StepListener {
  onStart(name: StepName): void;
  onEnd(result: StepResult): void;
}

/** The values of earlier steps that a step needs; null where one of them has none. */
type Needs<N extends readonly unknown[]> = { [K in keyof N]: N[K] | null };

const UNEXPECTED = 'This is not a known trouble; the message above may tell more.';

/** Runs one step after the other, and records the results. */
export class StepRunner {
  readonly results: StepResult[] = [];
  readonly #listener: StepListener;
  readonly #signal: AbortSignal;

  /** @param signal - fires when the time for all steps is up, or the user interrupts */
  constructor(listener: StepListener, signal: AbortSignal) {
    this.#listener = listener;
    this.#signal = signal;
  }

  /**
   * Runs one step, if there is time left and everything it needs is there.
   * @returns its value; null when it failed or was skipped. Never rejects.
   */
  async step<const N extends readonly unknown[], T>(
    name: StepName,
    needs: Needs<N>,
    check: (...needed: N) => Promise<Found<T>>,
  ): Promise<T | null> {
    if (needs.some((need) => need === null)) {
      this.#end({
        name,
        outcome: 'skipped',
        durationMs: 0,
        detail: 'a step before it has failed',
        fix: null,
      });
      return null;
    }
    this.#listener.onStart(name);
    const startedAt = monotonicMs();
    const end = (rest: Pick<StepResult, 'outcome' | 'detail' | 'fix'>) =>
      this.#end({ name, durationMs: Math.round((monotonicMs() - startedAt) * 1000) / 1000, ...rest });
    try {
      if (this.#signal.aborted) throw outOfTime('there was no time left for it');
      const { value, detail } = await check(...(needs as unknown as N));
      end({ outcome: 'ok', detail, fix: null });
      return value;
    } catch (error) {
      if (error instanceof StepSkipped) end({ outcome: 'skipped', detail: error.message, fix: null });
      else {
        const failure = this.#asFailure(error);
        end({ outcome: 'failed', detail: failure.message, fix: failure.fix });
      }
      return null;
    }
  }

  #asFailure(error: unknown): StepFailed {
    if (error instanceof StepFailed) return error;
    if (this.#signal.aborted) return outOfTime('it did not come to an end in time');
    return new StepFailed(messageOf(error), UNEXPECTED);
  }

  #end(result: StepResult): void {
    this.results.push(result);
    this.#listener.onEnd(result);
  }
}

function outOfTime(message: string): StepFailed {
  return new StepFailed(message, 'Give more time with --timeout, or look at the steps above first.');
}
