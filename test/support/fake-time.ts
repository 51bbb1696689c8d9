import type { Clock, Sleep } from '../../lib/async/clock.js';
import { NetDiagnosticsError } from '../../lib/errors.js';

/** A clock that stands still until it is told to move, and the sleep that goes with it. */
export class FakeTime implements Clock {
  #now: number;
  readonly #sleepers = new Set<{ at: number; wake(): void }>();
  /** The length of every sleep that began, in order. */
  readonly slept: number[] = [];

  constructor(now = 1_800_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Sleeps that go on. */
  get sleepers(): number {
    return this.#sleepers.size;
  }

  readonly sleep: Sleep = (ms, signal) =>
    new Promise((resolve, reject) => {
      const cancelled = () => {
        this.#sleepers.delete(sleeper);
        reject(new NetDiagnosticsError('ERR_ABORTED', 'the wait was cancelled'));
      };
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          signal.removeEventListener('abort', cancelled);
          this.#sleepers.delete(sleeper);
          resolve();
        },
      };
      if (signal.aborted) return cancelled();
      this.slept.push(ms);
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', cancelled, { once: true });
    });

  /** Moves the clock, waking those whose time has come, in their order, with room for what they then do. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settle();
      const next = [...this.#sleepers].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
    }
    this.#now = end;
  }
}

/** Lets everything that needs no real time come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Waits, in real time, until `holds`. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
