import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { bounded } from '../../lib/async/index.js';

const never = new Promise<never>(() => {});

describe('steps within a limit', () => {
  it('gives the result and leaves no timer or listener behind', async () => {
    const { signal } = new AbortController();
    expect(
      await bounded('waiting', { signal, timeoutMs: 60_000 }, 1, (step) => step(Promise.resolve(5))),
    ).toBe(5);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it.each([
    ['by its own limit', { timeoutMs: 5 }],
    ['by the default limit', {}],
  ])('gives up %s', async (_, wait) => {
    await expect(bounded('waiting for it', wait, 5, (step) => step(never))).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      message: 'waiting for it: nothing after 5 ms.',
    });
  });

  it('does not begin when the signal aborted before', async () => {
    const work = () => Promise.reject(new Error('it began'));
    const wait = { signal: AbortSignal.abort('why') };
    await expect(bounded('waiting', wait, 5, work)).rejects.toMatchObject({
      code: 'ERR_ABORTED',
      cause: 'why',
    });
  });

  it('hands a late result over and swallows a late rejection', async () => {
    const results = [
      new Promise((resolve) => setTimeout(resolve, 20, 'late')),
      new Promise((_, reject) => setTimeout(reject, 20, new Error('late'))),
    ];
    const seen: unknown[] = [];
    for (const result of results) {
      const waiting = bounded('waiting', { timeoutMs: 1 }, 1, (step) =>
        step(result, (value) => seen.push(value)),
      );
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    }
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(seen).toEqual(['late']);
  });

  it('takes a limit beyond what a timer can hold for none, and refuses nonsense', async () => {
    expect(await bounded('waiting', { timeoutMs: 2 ** 40 }, 1, (step) => step(Promise.resolve(1)))).toBe(1);
    for (const timeoutMs of [-1, Number.NaN]) {
      const waiting = bounded('waiting', { timeoutMs }, 1, (step) => step(never));
      await expect(waiting).rejects.toMatchObject({ code: 'ERR_SETTING' });
    }
  });
});
