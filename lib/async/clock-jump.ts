/** Notices that the time of day jumped: timers count the time that passes, and stand still while a machine sleeps. */
import { onAbort, scoped, untilAborted } from './abort.js';
import { type Clock, monotonicMs, type Sleep } from './clock.js';

/**
 * Resolves when the clock was set, or the machine or the process slept; or when `signal` fires. Never rejects, and keeps
 * no process alive.
 */
export type ClockJump = (signal: AbortSignal) => Promise<void>;

/** How often the clocks are compared, while anybody waits for it. */
const LOOK_MS = 2_000;
/** Below it a change is of no consequence: a clock that is slewed, a short pause. */
const JUMP_MS = 5_000;
/** A process that was stopped, or a loop that was blocked: connections may have died of it. */
const PAUSE_MS = 10_000;

/** Never: where nothing but a test moves the clock. */
export const noClockJump: ClockJump = untilAborted;

/** Compares the time of day with the time that passes, for all who wait with one timer. */
export function watchClock(clock: Clock, passed: () => number = monotonicMs): ClockJump {
  const waiting = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let last = { wall: 0, passed: 0 };
  const look = () => {
    const now = { wall: clock.now(), passed: passed() };
    const pause = now.passed - last.passed;
    const isJump = Math.abs(now.wall - last.wall - pause) >= JUMP_MS || pause >= LOOK_MS + PAUSE_MS;
    last = now;
    if (isJump) for (const wake of [...waiting]) wake();
  };
  return (signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = () => {
        forget();
        waiting.delete(done);
        if (waiting.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
        resolve();
      };
      const forget = onAbort(signal, done);
      waiting.add(done);
      if (timer === undefined) {
        last = { wall: clock.now(), passed: passed() };
        timer = setInterval(look, LOOK_MS).unref();
      }
    });
}

/**
 * Sleeps, but not beyond a jump of the clock.
 * @returns whether the clock jumped
 * @throws `ERR_ABORTED` as soon as `signal` fires
 */
export function sleepOrJump(
  ms: number,
  sleep: Sleep,
  jump: ClockJump,
  signal: AbortSignal,
): Promise<boolean> {
  return scoped(signal, async (end) => {
    const slept = sleep(ms, end.signal).then(() => false);
    slept.catch(() => {});
    const jumped = await Promise.race([slept, jump(end.signal).then(() => true)]);
    // What waits for a jump ends without a word when the wait is cancelled; the sleep says so.
    return signal.aborted ? await slept : jumped;
  });
}

/** The same sleep, which ends early when the clock jumps: for what looks at the time of day, or tries again. */
export function wakeful(sleep: Sleep, jump: ClockJump): Sleep {
  return async (ms, signal) => {
    await sleepOrJump(ms, sleep, jump, signal);
  };
}
