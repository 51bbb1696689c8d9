import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Paced } from '../../web/dashboard/paced.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Work that takes so long, and when it began. */
function paced(takesMs: number) {
  const began: number[] = [];
  const errors: string[] = [];
  const work = async () => {
    began.push(performance.now());
    await new Promise((resolve) => setTimeout(resolve, takesMs));
    if (began.length === 2) throw new Error('the second fails');
  };
  const onError = (message: string) => errors.push(message);
  return { began, errors, it: new Paced({ calmMs: 80, gapMs: 1_000, work, onError }) };
}

describe('work at a pace', () => {
  it('is done once for a burst, soon after it', async () => {
    const { began, it: one } = paced(10);
    const start = performance.now();
    for (let at = 0; at < 50; at += 1) one.soon();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(began.map((at) => at - start)).toEqual([80]);
  });

  it('is done at most each second while it is asked for on and on, however long it takes', async () => {
    for (const takesMs of [1, 400, 3_000]) {
      const { began, it: one } = paced(takesMs);
      for (let at = 0; at < 1_000; at += 1) {
        one.soon();
        await vi.advanceTimersByTimeAsync(10);
      }
      const gaps = began.slice(1).map((at, index) => at - (began[index] ?? 0) - takesMs);
      expect(gaps.length).toBeGreaterThan(1);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(1_100);
      one.stop();
    }
  });

  it('is done at once when it is wanted now, never twice at the same time, and once more for what came meanwhile', async () => {
    const { began, it: one } = paced(500);
    const start = performance.now();
    one.soon();
    const all = Promise.all([one.now(), one.now(), one.now()]);
    await vi.advanceTimersByTimeAsync(5_000);
    await all;
    expect(began.map((at) => at - start)).toEqual([0, 500]);
  });

  it('says what went wrong, and that nothing does any more', async () => {
    const { errors, it: one } = paced(1);
    for (let at = 0; at < 3; at += 1) {
      const done = one.now();
      await vi.advanceTimersByTimeAsync(10);
      await done;
    }
    expect(errors).toEqual(['', 'the second fails', '']);
  });

  it('that was asked for is not done after the end', async () => {
    const { began, it: one } = paced(1);
    one.soon();
    one.stop();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(began).toEqual([]);
  });
});
