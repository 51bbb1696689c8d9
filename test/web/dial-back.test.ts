import { describe, expect, it } from 'vitest';
import { advance, type RunState, viewRun } from '../../web/words/dial-back.js';

const states = (run: RunState) => viewRun(run).steps.map(({ state }) => state);
const connecting = advance(null, { phase: 'connecting', elapsedMs: 0 });
const running = advance(connecting, { phase: 'running', elapsedMs: 40 });

describe('a dial-back, as its page tells of it', () => {
  it('goes from step to step', () => {
    expect(states(connecting)).toEqual(['now', '', '', '']);
    expect(states(running)).toEqual(['done', 'done', 'now', '']);
    expect(viewRun(running)).toMatchObject({ text: 'The app runs its diagnostics…', hasFailed: false });
  });

  it('ends with a report', () => {
    const done = advance(running, { phase: 'done', elapsedMs: 3140 });
    expect(states(done)).toEqual(['done', 'done', 'done', 'done']);
    expect(viewRun(done)).toMatchObject({ text: 'Report received after 3.1 s.', hasFailed: false });
  });

  it('fails where it was, and says why', () => {
    const failure = { message: 'The app is gone.' };
    const failed = advance(running, { phase: 'failed', elapsedMs: 50, failure });
    expect(states(failed)).toEqual(['done', 'done', 'failed', '']);
    expect(viewRun(failed)).toMatchObject({ text: 'Failed after 50 ms: The app is gone.', hasFailed: true });
    expect(states(advance(null, { phase: 'failed', elapsedMs: 0, failure }))).toEqual(['failed', '', '', '']);
    // Told twice, as a load after the event does.
    expect(states(advance(failed, failed.progress))).toEqual(states(failed));
  });
});
