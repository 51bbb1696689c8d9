/** Notices when the time of day jumps. Timers do not notice it, and they stop while the machine sleeps. */
import { onAbort, scoped, untilAborted } from './abort.js';
import { type Clock, monotonicMs, type Sleep } from './clock.js';

/**
 * Resolves when the clock was set, when the machine or the process slept, or when `signal` fires. Never rejects, and does
 * not keep the process alive.
 */
export type ClockJump = (signal: AbortSignal) => Promise<void>;

/** How often the clocks are compared while somebody waits, in milliseconds. */
const LOOK_MS = 2_000;
/** A smaller change does not matter: a clock that is adjusted slowly, or a short pause. */
const JUMP_MS = 5_000;
/** After such a pause (a stopped process, a blocked event loop) connections may be dead. */
const PAUSE_MS = 10_000;

/** Never sees a jump. For places where only a test moves the clock. */
export const noClockJump: ClockJump = untilAborted;

/** Compares the time of day with the time that passes. One timer serves all who wait. */
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
 * Sleeps, and ends early when the clock jumps.
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
    // When the wait is cancelled, the wait for a jump resolves; only the sleep rejects.
    return signal.aborted ? await slept : jumped;
  });
}

/** `sleep`, but it ends early when the clock jumps. For work that depends on the time of day, or that tries again. */
export function wakeful(sleep: Sleep, jump: ClockJump): Sleep {
  return async (ms, signal) => {
    await sleepOrJump(ms, sleep, jump, signal);
  };
}
