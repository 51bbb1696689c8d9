import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../lib/async/index.js';
import { FakeTime } from '../support/fake-time.js';

describe('a token bucket', () => {
  it('lets a burst through, and says how long the next has to wait', async () => {
    const time = new FakeTime();
    const bucket = new TokenBucket(2, 60, time);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 1000]);
    await time.advance(400);
    expect(bucket.take()).toBe(600);
    await time.advance(600);
    expect([bucket.take(), bucket.take()]).toEqual([0, 1000]);
  });

  it('never holds more than its burst', async () => {
    const time = new FakeTime();
    const bucket = new TokenBucket(2, 60, time);
    await time.advance(3_600_000);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 1000]);
  });

  it('reserves turns of the future, one after the other', async () => {
    const time = new FakeTime();
    const bucket = new TokenBucket(2, 60, time);
    expect(Array.from({ length: 5 }, () => bucket.reserve())).toEqual([0, 0, 1000, 2000, 3000]);
    await time.advance(2500);
    expect(bucket.reserve()).toBe(1500);
    expect(bucket.take()).toBe(2500);
  });

  it('does not wait for the old time when the clock is set back', async () => {
    const time = new FakeTime();
    const bucket = new TokenBucket(1, 60, time);
    bucket.reserve();
    await time.advance(-3_600_000);
    expect(bucket.reserve()).toBe(1000);
    await time.advance(1000);
    expect(bucket.reserve()).toBe(1000);
  });

  it('is fresh when nothing that was taken is missing', async () => {
    const time = new FakeTime();
    const bucket = new TokenBucket(2, 60, time);
    expect(bucket.isFresh).toBe(true);
    for (let count = 0; count < 3; count += 1) bucket.reserve();
    await time.advance(2999);
    expect(bucket.isFresh).toBe(false);
    await time.advance(1);
    expect(bucket.isFresh).toBe(true);
  });
});
