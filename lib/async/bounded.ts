import { NetDiagnosticsError } from '../errors.js';
import { onAbort } from './abort.js';
import { MAX_TIMER_MS, monotonicMs } from './clock.js';

/** How a wait may end early. */
export interface WaitOptions {
  /** Cancels the wait: it rejects with `ERR_ABORTED`, and what arrives later is closed. */
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the wait rejects with `ERR_TIMEOUT`. Default: per method; `Infinity` waits for ever. */
  timeoutMs?: number | undefined;
}

/**
 * Awaits one step of the work within the limits of the whole work.
 * @param late - gets a result that arrives after the work was given up, in order to close it
 */
export type Step = <T>(promise: Promise<T>, late?: (value: T) => void) => Promise<T>;

/**
 * Does `work` under one AbortSignal and one time limit. The timer does not keep the process alive. A native call cannot be
 * cancelled: a step that is given up goes on in the background, its result goes to `late`, and its rejection is ignored.
 * @param what - names the wait in errors: `connecting to 1a2b`
 * @throws NetDiagnosticsError `ERR_ABORTED`, `ERR_TIMEOUT`
 */
export async function bounded<T>(
  what: string,
  wait: WaitOptions,
  defaultTimeoutMs: number,
  work: (step: Step) => Promise<T>,
): Promise<T> {
  const { signal, timeoutMs = defaultTimeoutMs } = wait;
  if (Number.isNaN(timeoutMs) || timeoutMs < 0) {
    throw new NetDiagnosticsError('ERR_SETTING', `timeoutMs was ${timeoutMs}; give milliseconds, 0 or more.`);
  }
  const aborted = () =>
    new NetDiagnosticsError('ERR_ABORTED', `${what}: the wait was cancelled.`, { cause: signal?.reason });
  if (signal?.aborted === true) throw aborted();

  let giveUp: (error: NetDiagnosticsError) => void = () => {};
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = reject;
  });
  givenUp.catch(() => {});
  const forget = onAbort(signal, () => giveUp(aborted()));
  const timer =
    timeoutMs > MAX_TIMER_MS
      ? undefined
      : setTimeout(() => {
          giveUp(
            new NetDiagnosticsError('ERR_TIMEOUT', `${what}: nothing after ${Math.round(timeoutMs)} ms.`),
          );
        }, timeoutMs).unref();

  const step: Step = async (promise, late) => {
    try {
      return await Promise.race([givenUp, promise]);
    } catch (error) {
      promise.then(late ?? (() => {}), () => {});
      throw error;
    }
  };
  try {
    return await work(step);
  } finally {
    clearTimeout(timer);
    forget();
  }
}

/**
 * Does `work`, which has several waits, under one time limit.
 * @param work - gets a function that returns the options of the next wait: the same signal, and the time that is left
 */
export function withDeadline<T>(
  { signal, timeoutMs }: WaitOptions,
  defaultTimeoutMs: number,
  work: (rest: () => WaitOptions) => Promise<T>,
): Promise<T> {
  const endsAt = monotonicMs() + (timeoutMs ?? defaultTimeoutMs);
  return work(() => ({ signal, timeoutMs: Math.max(0, Math.ceil(endsAt - monotonicMs())) }));
}
