import { describe, expect, it } from 'vitest';
import { SharedRun } from '../../lib/async/shared-run.js';
import { FakeTime, settle } from '../support/fake-time.js';

const never = new AbortController().signal;

function setUp(reuseMs = 1000) {
  const time = new FakeTime();
  let passed = 0;
  const runs: { finish(value: string): void; fail(error: Error): void; signal: AbortSignal }[] = [];
  const shared = new SharedRun<string>({
    reuseMs,
    clock: time,
    monotonic: () => passed,
    run: ({ signal }) =>
      new Promise((finish, fail) => {
        runs.push({ finish, fail, signal });
      }),
  });
  const run = (index: number) => {
    const found = runs[index];
    if (found === undefined) throw new Error(`there were only ${runs.length} runs`);
    return found;
  };
  const passes = (ms: number) => {
    passed += ms;
  };
  return { time, passes, runs, run, shared };
}

describe('SharedRun', () => {
  it('makes one run for all who come while it goes on', async () => {
    const { runs, run, shared } = setUp();
    const results = Promise.all([shared.get(never), shared.get(never), shared.get(never)]);
    await settle();
    run(0).finish('report');
    expect(await results).toEqual(['report', 'report', 'report']);
    expect(runs).toHaveLength(1);
  });

  it.each([
    ['0 ms', 0, 0, 1],
    ['999 ms', 999, 999, 1],
    ['1000 ms', 1000, 1000, 2],
    ['1000 ms, of which a clock that was set back shows 300', 1000, 300, 2],
    ['500 ms, while the clock was set back before it', 500, -60_000, 1],
    ['500 ms beside the minute that the machine slept', 500, 60_500, 2],
  ])('a result that is old is made anew: %s', async (_, passedMs, wallMs, wanted) => {
    const { time, passes, runs, run, shared } = setUp();
    const first = shared.get(never);
    await settle();
    run(0).finish('old');
    await first;
    passes(passedMs);
    await time.advance(wallMs);
    void shared.get(never);
    await settle();
    expect(runs).toHaveLength(wanted);
  });

  it('never reuses when reuse is 0', async () => {
    const { runs, run, shared } = setUp(0);
    const first = shared.get(never);
    await settle();
    run(0).finish('old');
    await first;
    void shared.get(never);
    await settle();
    expect(runs).toHaveLength(2);
  });

  it('gives a failure to those who wait and to nobody after', async () => {
    const { runs, run, shared } = setUp();
    const first = shared.get(never);
    await settle();
    run(0).fail(new Error('no network'));
    await expect(first).rejects.toThrow('no network');
    const second = shared.get(never);
    await settle();
    run(1).finish('report');
    expect(await second).toBe('report');
    expect(runs).toHaveLength(2);
  });

  it('treats a run that throws at once as one that fails', async () => {
    const shared = new SharedRun<string>({
      reuseMs: 1000,
      clock: new FakeTime(),
      run: () => {
        throw new Error('at once');
      },
    });
    await expect(shared.get(never)).rejects.toThrow('at once');
  });

  it('aborts the run when the last one who waits has left, and not before', async () => {
    const { run, shared } = setUp();
    const [one, two] = [new AbortController(), new AbortController()];
    const results = [shared.get(one.signal), shared.get(two.signal)];
    await settle();
    one.abort();
    await expect(results[0]).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(run(0).signal.aborted).toBe(false);
    two.abort();
    await expect(results[1]).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(run(0).signal.aborted).toBe(true);
  });

  it('starts anew after an abandoned run, whose late result is not handed out', async () => {
    const { run, shared } = setUp();
    const leaving = new AbortController();
    const abandoned = shared.get(leaving.signal);
    await settle();
    leaving.abort();
    await expect(abandoned).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const second = shared.get(never);
    await settle();
    run(0).finish('late');
    await settle();
    run(1).finish('fresh');
    expect(await second).toBe('fresh');
    expect(await shared.get(never)).toBe('fresh');
  });

  it('does not run for a caller that is gone already', async () => {
    const { runs, shared } = setUp();
    await expect(shared.get(AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(runs).toHaveLength(0);
  });

  it('does not abort a run that is finished', async () => {
    const { run, shared } = setUp();
    const caller = new AbortController();
    const result = shared.get(caller.signal);
    await settle();
    run(0).finish('report');
    await result;
    await settle();
    caller.abort();
    expect(run(0).signal.aborted).toBe(false);
  });
});
