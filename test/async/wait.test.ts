import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abortable, settledWithin, TimeUp, within } from '../../lib/async/index.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new Promise<never>(() => {});

describe('a promise under a signal', () => {
  it('gives its result, and leaves no listener', async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(42), signal)).toBe(42);
    await expect(abortable(Promise.reject(new Error('the work')), signal)).rejects.toThrow('the work');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it("is given up with the signal's reason", async () => {
    const abort = new AbortController();
    const waiting = abortable(never, abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(abortable(never, abort.signal)).rejects.toThrow('enough');
  });
});

describe('work within its own time', () => {
  it('gives its result, and leaves no timer and no listener; what it left behind ends', async () => {
    const { signal } = new AbortController();
    let left: AbortSignal | undefined;
    const work = within(1000, signal, async (limit) => {
      left = limit;
      return 42;
    });
    expect(await work).toBe(42);
    expect(left?.aborted).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is told that its time is up', async () => {
    const work = within(1000, new AbortController().signal, (limit) => abortable(never, limit));
    work.catch(() => {});
    await vi.advanceTimersByTimeAsync(999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await expect(work).rejects.toEqual(new TimeUp('no answer within 1000 ms'));
  });

  it('is told that the whole is over, and never begins after it', async () => {
    const abort = new AbortController();
    const work = within(1000, abort.signal, (limit) => abortable(never, limit));
    abort.abort('over');
    await expect(work).rejects.toBe('over');
    await expect(within(1000, abort.signal, () => Promise.resolve(42))).rejects.toBe('over');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a wait for work that may take too long', () => {
  it('ends with the work, however that ends', async () => {
    await settledWithin(1000, Promise.resolve());
    await settledWithin(1000, Promise.reject(new Error('the work')));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with the time', async () => {
    let isOver = false;
    void settledWithin(1000, never).then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(isOver).toBe(true);
  });
});
