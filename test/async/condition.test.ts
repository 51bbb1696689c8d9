import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Condition } from '../../lib/async/index.js';
import { settle } from '../support/fake-time.js';

describe('a condition', () => {
  it('is waited for by many, each until it is as they need it', async () => {
    const condition = new Condition();
    const { signal } = new AbortController();
    let level = 0;
    const reached: number[] = [];
    const wait = async (wanted: number) => {
      await condition.until(() => level >= wanted, signal);
      reached.push(wanted);
    };
    const all = [wait(2), wait(1), wait(0)];
    await settle();
    expect(reached).toEqual([0]);
    level = 1;
    await settle();
    expect(reached).toEqual([0]);
    condition.changed();
    await settle();
    expect(reached).toEqual([0, 1]);
    level = 2;
    condition.changed();
    await Promise.all(all);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is looked at before `changed` returns: what holds for a moment is seen', async () => {
    const condition = new Condition();
    let holds = false;
    const seen = condition.until(() => holds, new AbortController().signal);
    holds = true;
    condition.changed();
    holds = false;
    await seen;
  });

  it('is no longer waited for when the signal fires, and never looked at again', async () => {
    const condition = new Condition();
    const abort = new AbortController();
    let looks = 0;
    const over = condition.until(() => {
      looks += 1;
      return false;
    }, abort.signal);
    abort.abort();
    await over;
    const before = looks;
    condition.changed();
    expect(looks).toBe(before);
    await condition.until(() => false, abort.signal);
  });
});
