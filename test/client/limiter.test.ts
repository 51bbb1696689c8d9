import { describe, expect, it } from 'vitest';
import { Limiter } from '../../lib/async/semaphore.js';
import { settle } from '../support/fake-time.js';

/** Work that goes on until it is told to end. */
function work() {
  const running: (() => void)[] = [];
  const begin = () =>
    new Promise<void>((resolve) => {
      running.push(resolve);
    });
  return { running, begin };
}

describe('Limiter', () => {
  it('lets so many go on at once, and the others in their order', async () => {
    const limiter = new Limiter(2, 10);
    const order: number[] = [];
    const { running, begin } = work();
    const all = Promise.all(
      [1, 2, 3, 4].map((name) =>
        limiter.run(() => {
          order.push(name);
          return begin();
        }),
      ),
    );
    await settle();
    expect(order).toEqual([1, 2]);
    running[1]?.();
    await settle();
    expect(order).toEqual([1, 2, 3]);
    for (const end of running) end();
    await settle();
    running[3]?.();
    await all;
    expect(order).toEqual([1, 2, 3, 4]);
  });

  it('refuses what does not fit the queue, and goes on', async () => {
    const limiter = new Limiter(1, 1);
    const { running, begin } = work();
    const first = limiter.run(begin);
    const second = limiter.run(begin);
    await expect(limiter.run(begin)).rejects.toMatchObject({ code: 'ERR_STATE' });
    running[0]?.();
    await first;
    await settle();
    running[1]?.();
    await second;
    expect(await limiter.run(() => Promise.resolve('free'))).toBe('free');
  });

  it('gives the place of work that failed to the next', async () => {
    const limiter = new Limiter(1, 5);
    const failed = limiter.run(() => Promise.reject(new Error('no')));
    const next = limiter.run(() => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('forgets a wait that is cancelled', async () => {
    const limiter = new Limiter(1, 1);
    const { running, begin } = work();
    const first = limiter.run(begin);
    const leaving = new AbortController();
    const cancelled = limiter.run(begin, leaving.signal);
    leaving.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(limiter.run(begin, AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const queued = limiter.run(() => Promise.resolve('mine'));
    running[0]?.();
    await first;
    expect(await queued).toBe('mine');
  });
});
