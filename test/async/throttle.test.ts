import { describe, expect, it } from 'vitest';
import { Throttle } from '../../lib/async/throttle.js';
import { FakeTime } from '../support/fake-time.js';

describe('a throttle', () => {
  it('lets a burst through, then some a minute, each with the number held back before it', async () => {
    const time = new FakeTime();
    const throttle = new Throttle(2, 1, time);
    expect([1, 2, 3, 4].map(() => throttle.pass())).toEqual([0, 0, null, null]);
    await time.advance(60_000);
    expect([1, 2].map(() => throttle.pass())).toEqual([2, null]);
    await time.advance(60_000);
    expect(throttle.pass()).toBe(1);
  });
});
