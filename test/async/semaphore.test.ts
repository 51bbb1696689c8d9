import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../lib/async/index.js';
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

describe('a semaphore', () => {
  it('lets so many go on at once, and the others in their order', async () => {
    const line = new Semaphore(2, { maxWaiting: 10 });
    const order: number[] = [];
    const { running, begin } = work();
    const all = Promise.all(
      [1, 2, 3, 4].map((name) =>
        line.run(() => {
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
    const line = new Semaphore(1, { maxWaiting: 1 });
    const { running, begin } = work();
    const first = line.run(begin);
    const second = line.run(begin);
    await expect(line.run(begin)).rejects.toMatchObject({ code: 'ERR_STATE' });
    running[0]?.();
    await first;
    await settle();
    running[1]?.();
    await second;
    expect(await line.run(() => Promise.resolve('free'))).toBe('free');
  });

  it('gives the place of work that failed to the next', async () => {
    const line = new Semaphore(1, { maxWaiting: 5 });
    const failed = line.run(() => Promise.reject(new Error('no')));
    const next = line.run(() => Promise.resolve('yes'));
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });

  it('forgets a wait that is cancelled', async () => {
    const line = new Semaphore(1, { maxWaiting: 1 });
    const { running, begin } = work();
    const first = line.run(begin);
    const leaving = new AbortController();
    const cancelled = line.run(begin, leaving.signal);
    leaving.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(line.run(begin, AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const queued = line.run(() => Promise.resolve('mine'));
    running[0]?.();
    await first;
    expect(await queued).toBe('mine');
  });
});

describe('its places', () => {
  it('lets in as many as there are places, the others in their order', async () => {
    const { signal } = new AbortController();
    const places = new Semaphore(1);
    const order: string[] = [];
    const release = await places.take(signal);
    const second = places.take(signal).then((free) => {
      order.push('second');
      free();
    });
    const third = places.take(signal).then((free) => {
      order.push('third');
      free();
    });
    release();
    release();
    await Promise.all([second, third]);
    expect(order).toEqual(['second', 'third']);
    (await places.take(signal))();
  });

  it('forgets who gave up waiting', async () => {
    const places = new Semaphore(1);
    const release = await places.take(new AbortController().signal);
    const impatient = new AbortController();
    const waiting = places.take(impatient.signal);
    impatient.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(places.take(impatient.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    release();
    (await places.take(new AbortController().signal))();
  });
});

describe('a semaphore with shares', () => {
  it('let somebody else go first while one has its share', async () => {
    const { signal } = new AbortController();
    const places = new Semaphore(3, { share: 2 });
    const releases = [await places.take(signal, 'a'), await places.take(signal, 'a')];
    let isThird = false;
    const third = places.take(signal, 'a').then((release) => {
      isThird = true;
      release();
    });
    (await places.take(signal, 'b'))();
    expect(isThird).toBe(false);
    for (const release of releases) release();
    await third;
    const all = [
      await places.take(signal, 'a'),
      await places.take(signal, 'b'),
      await places.take(signal, 'b'),
    ];
    expect(all).toHaveLength(3);
  });
});

describe('a semaphore that closes', () => {
  it('drops who waits, lets nobody in, and is idle when the work has ended', async () => {
    const line = new Semaphore(1);
    const { running, begin } = work();
    const first = line.run(begin);
    const waiting = line.run(begin);
    await settle();
    let isIdle = false;
    const idle = line.close().then(() => {
      isIdle = true;
    });
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_STATE' });
    await expect(line.take()).rejects.toMatchObject({ code: 'ERR_STATE' });
    expect(isIdle).toBe(false);
    running[0]?.();
    await first;
    await idle;
  });

  it('is idle at once when nobody is in', async () => {
    await new Semaphore(1).close();
  });
});
