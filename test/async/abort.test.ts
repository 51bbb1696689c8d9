import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { linkedAbort, onAbort, scoped, untilAborted } from '../../lib/async/index.js';
import { settle } from '../support/fake-time.js';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('what hangs on a signal', () => {
  it('is called when it fires, once', () => {
    const abort = new AbortController();
    const calls = vi.fn();
    onAbort(abort.signal, calls);
    expect(calls).not.toHaveBeenCalled();
    abort.abort();
    abort.abort();
    expect(calls).toHaveBeenCalledOnce();
  });

  it('is called at once when it has fired already', () => {
    const calls = vi.fn();
    onAbort(AbortSignal.abort(), calls);
    expect(calls).toHaveBeenCalledOnce();
  });

  it('is forgotten, and leaves no listener', () => {
    const abort = new AbortController();
    const calls = vi.fn();
    const forget = onAbort(abort.signal, calls);
    forget();
    abort.abort();
    expect(calls).not.toHaveBeenCalled();
    expect(listeners(abort.signal)).toBe(0);
  });

  it('may be the same function twice', () => {
    const abort = new AbortController();
    const calls = vi.fn();
    onAbort(abort.signal, calls)();
    onAbort(abort.signal, calls);
    onAbort(abort.signal, calls);
    abort.abort();
    expect(calls).toHaveBeenCalledTimes(2);
  });

  it('is waited for', async () => {
    const abort = new AbortController();
    let isOver = false;
    void untilAborted(abort.signal).then(() => {
      isOver = true;
    });
    await settle();
    expect(isOver).toBe(false);
    abort.abort();
    await settle();
    expect(isOver).toBe(true);
    await untilAborted(abort.signal);
  });
});

describe('a linked controller', () => {
  it('fires with the first of its parents, and with its reason', () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const link = linkedAbort(one.signal, undefined, two.signal);
    two.abort('two');
    one.abort('one');
    expect(link.signal.reason).toBe('two');
  });

  it('has fired when a parent has', () => {
    expect(linkedAbort(AbortSignal.abort('before')).signal.reason).toBe('before');
  });

  it('does not touch its parents, and lets go of them', () => {
    const parent = new AbortController();
    const link = linkedAbort(parent.signal);
    expect(listeners(parent.signal)).toBe(1);
    link.abort();
    link.release();
    expect(parent.signal.aborted).toBe(false);
    expect(listeners(parent.signal)).toBe(0);
  });
});

describe('a scope', () => {
  it('ends what the work left behind, and leaves no listener', async () => {
    const parent = new AbortController();
    let left: AbortSignal | undefined;
    const work = scoped(parent.signal, async ({ signal }) => {
      left = signal;
      expect(signal.aborted).toBe(false);
      return 42;
    });
    expect(await work).toBe(42);
    expect(left?.aborted).toBe(true);
    expect(listeners(parent.signal)).toBe(0);
  });

  it('ends it also when the work fails', async () => {
    let left: AbortSignal | undefined;
    const work = scoped(undefined, async ({ signal }) => {
      left = signal;
      throw new Error('the work');
    });
    await expect(work).rejects.toThrow('the work');
    expect(left?.aborted).toBe(true);
  });

  it('ends with its parent, or when the work says so', async () => {
    const parent = new AbortController();
    const [outer, inner] = [
      scoped(parent.signal, async ({ signal }) => untilAborted(signal).then(() => signal.reason)),
      scoped(parent.signal, async ({ signal, abort }) => {
        abort('by itself');
        return signal.reason;
      }),
    ];
    expect(await inner).toBe('by itself');
    parent.abort('the parent');
    expect(await outer).toBe('the parent');
  });
});
