/** Waits for promises that cannot be cancelled themselves. */
import { onAbort } from './abort.js';

/** Waits for `promise` until `signal` fires; then it rejects with the signal's reason. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const forget = onAbort(signal, () => reject(signal.reason));
    void promise.then(resolve, reject).finally(forget);
  });
}

/** Resolves when `work` has settled or `ms` milliseconds have passed, whichever comes first. Never rejects. */
export function settledWithin(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    work.then(done, done);
  });
}
