import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abortable, Patience, type PatienceOptions, TimeUp } from '../../lib/async/index.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { signal } = new AbortController();
const never = new Promise<never>(() => {});
const after = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** Waits for one that answers after `ms`, and says when and how the wait ended. */
async function ask(patience: Patience, ms: number, isAnswer = true): Promise<string> {
  const startedAt = Date.now();
  const end = await patience
    .wait(
      signal,
      (cut) => abortable(Number.isFinite(ms) ? after(ms) : never, cut),
      () => isAnswer,
    )
    .then(
      () => 'answered',
      (error: unknown) => (error instanceof TimeUp ? 'cut' : String(error)),
    );
  return `${end} ${Date.now() - startedAt}`;
}

async function together(options: PatienceOptions, ...times: number[]): Promise<string[]> {
  const patience = new Patience(options);
  const all = Promise.all(times.map((ms) => ask(patience, ms)));
  await vi.advanceTimersByTimeAsync(60_000);
  return all;
}

describe('patience', () => {
  const slowest = { leastMs: 1000, times: 4, than: 'slowest' } as const;
  const first = { leastMs: 1000, times: 4, than: 'first' } as const;

  it('gives nobody less than the least', async () => {
    expect(await together(slowest, 10, 999, Number.POSITIVE_INFINITY)).toEqual([
      'answered 10',
      'answered 999',
      'cut 3996',
    ]);
    expect(await together(slowest, 10, Number.POSITIVE_INFINITY)).toEqual(['answered 10', 'cut 1000']);
  });

  it('goes by the first, or by the slowest that has answered by then', async () => {
    const times = [100, 500, 1900, Number.POSITIVE_INFINITY];
    expect(await together(first, ...times)).toEqual(['answered 100', 'answered 500', 'cut 1000', 'cut 1000']);
    expect(await together(slowest, ...times)).toEqual([
      'answered 100',
      'answered 500',
      'answered 1900',
      'cut 7600',
    ]);
  });

  it('gives one of them another least, whenever that is known', async () => {
    const patience = new Patience(first);
    const startedAt = Date.now();
    const cutAfter = (leastMs: Promise<number>) =>
      patience
        .wait(signal, (cut) => abortable(never, cut), undefined, leastMs)
        .catch(() => Date.now() - startedAt);
    const known = (afterMs: number, leastMs: number) =>
      new Promise<number>((resolve) => void setTimeout(() => resolve(leastMs), afterMs));
    const cuts = Promise.all([
      cutAfter(Promise.resolve(500)),
      cutAfter(known(200, 700)),
      cutAfter(known(2000, 3000)),
      ask(patience, 10),
    ]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await cuts).toEqual([500, 700, 1000, 'answered 10']);
  });

  it('has no end while none has answered', async () => {
    const patience = new Patience(first);
    const all = Promise.all([ask(patience, 50_000), ask(patience, 59_000)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await all).toEqual(['answered 50000', 'answered 59000']);
  });

  it('counts from the begin of each', async () => {
    const patience = new Patience(first);
    const early = ask(patience, 100);
    await vi.advanceTimersByTimeAsync(5000);
    const late = ask(patience, Number.POSITIVE_INFINITY);
    await vi.advanceTimersByTimeAsync(5000);
    expect(await Promise.all([early, late])).toEqual(['answered 100', 'cut 1000']);
  });

  it('is not ended by what is no answer', async () => {
    const patience = new Patience(first);
    const all = Promise.all([ask(patience, 10, false), ask(patience, 30_000)]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await all).toEqual(['answered 10', 'answered 30000']);
  });

  it('may be told of an answer before all is done: it then ends for that one as well', async () => {
    const patience = new Patience(first);
    const work = patience.wait(signal, async (cut, answered) => {
      await after(100);
      answered();
      return abortable(never, cut);
    });
    const other = ask(patience, Number.POSITIVE_INFINITY);
    work.catch(() => {});
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(work).rejects.toBeInstanceOf(TimeUp);
    expect(await other).toBe('cut 1000');
  });

  it('says that the time is up, whatever the work says while it is torn down', async () => {
    const patience = new Patience(first);
    await patience.wait(signal, async () => 42);
    const work = patience.wait(signal, async (cut) => {
      await abortable(never, cut).catch(() => {});
      throw new Error('socket hang up');
    });
    work.catch(() => {});
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(work).rejects.toBeInstanceOf(TimeUp);
  });

  it('ends with the whole, and leaves no timer and no listener', async () => {
    const abort = new AbortController();
    const patience = new Patience(first);
    await patience.wait(abort.signal, async () => 42);
    const work = patience.wait(abort.signal, (cut) => abortable(never, cut));
    abort.abort('over');
    await expect(work).rejects.toBe('over');
    await expect(patience.wait(abort.signal, async () => 42)).rejects.toBe('over');
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});
