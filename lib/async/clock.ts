/** Time is an argument everywhere, so that a test can control it. */
import { NetDiagnosticsError } from '../errors.js';
import { onAbort } from './abort.js';

/** Tells the time of day. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() };

/**
 * Milliseconds from any origin; never goes back. Not `performance.now`: its first call loads a module of Node that costs
 * every app 0.8 MB.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** Longest delay of a Node timer; longer ones fire at once. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock in whole unix seconds, the unit of tokens. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.now() / 1000);
}

/**
 * Waits `ms` milliseconds.
 * @throws `ERR_ABORTED` as soon as `signal` fires; the timer is gone then
 */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** The real {@link Sleep}. Its timer never keeps the process alive. */
export const systemSleep: Sleep = (ms, signal) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, ms).unref();
    const forget = onAbort(signal, () => {
      clearTimeout(timer);
      reject(new NetDiagnosticsError('ERR_ABORTED', 'the wait was cancelled'));
    });
  });

/**
 * How long {@link sleepUntil} sleeps at most before it reads the clock again. Timers stop while a machine is suspended,
 * and overflow beyond 24.8 days; the time of day does neither.
 */
export const LONGEST_NAP_MS = 10 * 60_000;

/**
 * Sleeps until `clock` shows `at` (milliseconds since the epoch).
 * @throws `ERR_ABORTED` as soon as `signal` fires
 */
export async function sleepUntil(at: number, clock: Clock, sleep: Sleep, signal: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0; left = at - clock.now()) {
    await sleep(Math.min(left, LONGEST_NAP_MS), signal);
  }
}
