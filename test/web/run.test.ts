import { describe, expect, it } from 'vitest';
import type { ProbeEvent } from '../../lib/index.js';
import { eventParser } from '../../web/app-page/events.js';
import { advance, NO_PROGRESS, viewProblem, viewStep } from '../../web/words/run.js';

const started = (ref: string): ProbeEvent => ({ phase: 'started', ref, done: 0, total: 3 });
const ended = (ref: string, outcome: 'ok' | 'timeout', done: number): ProbeEvent => ({
  phase: 'ended',
  ref,
  record: { ref, probe: 'https', outcome, startedMs: 0, durationMs: 1 },
  done,
  total: 3,
});

describe('the progress of a run', () => {
  it('is one step for each kind of probe', () => {
    const all = [
      started('https https://a.test/'),
      started('https https://b.test/'),
      started('upnp 192.0.2.1'),
      ended('https https://a.test/', 'ok', 1),
      ended('upnp 192.0.2.1', 'timeout', 2),
    ];
    const progress = all.reduce(advance, NO_PROGRESS);
    expect(progress).toMatchObject({ done: 2, total: 3 });
    expect(progress.steps.map(viewStep)).toEqual([
      { text: 'HTTPS 1 of 2', state: 'now' },
      { text: 'UPnP', state: 'over' },
    ]);
    const [https] = advance(progress, ended('https https://b.test/', 'timeout', 3)).steps;
    expect(https && viewStep(https)).toEqual({ text: 'HTTPS 2 of 2', state: 'done' });
    expect(NO_PROGRESS.steps).toEqual([]);
  });
});

describe('the colour while a run goes on', () => {
  const soFar = (isFinal: boolean) => ({
    summary: { colour: 'green' as const, sentence: 'UDP works.', nextSteps: [] },
    isFinal,
  });

  it('is told once it is final, and stays', () => {
    const early = advance(NO_PROGRESS, { ...ended('upnp', 'ok', 1), soFar: soFar(false) });
    expect(early.final).toBeNull();
    const late = advance(early, { ...ended('https', 'ok', 2), soFar: soFar(true) });
    expect(late.final).toBe('Green, whatever is still out. UDP works.');
    expect(advance(late, started('pcp')).final).toBe(late.final);
  });
});

describe('what is said when there is no report', () => {
  it.each([
    [
      409,
      { title: 'The diagnostics cannot run', detail: 'Stopped.' },
      null,
      'The diagnostics cannot run. Stopped.',
      0,
    ],
    [500, { title: 'The diagnostics failed' }, null, 'The diagnostics failed.', 0],
    [502, null, null, 'The app answered 502.', 0],
    [503, { title: 7, detail: '' }, '5', 'The app answered 503.', 5],
    [503, null, 'Wed, 21 Oct 2026 07:28:00 GMT', 'The app answered 503.', 0],
    [503, null, '1e9', 'The app answered 503.', 3600],
  ])('to %i %j', (status, problem, retryAfter, text, waitS) => {
    expect(viewProblem(status, problem, retryAfter)).toEqual({ text, waitS });
  });

  it('after too many runs, with a time to wait', () => {
    expect(viewProblem(429, { title: 'x' }, '7')).toEqual({ text: expect.stringMatching(/often/), waitS: 7 });
    expect(viewProblem(429, null, null).waitS).toBe(1);
  });
});

describe('the events of a stream', () => {
  const text =
    ': running\n\nevent: probe\ndata: {"a":"é"}\n\n: still here\n\nevent: report\r\ndata: [1,\r\ndata: 2]\r\n\r\ndata: 3\n\ndata: cut';
  const read = (pieces: readonly string[]) => {
    const seen: [string, unknown][] = [];
    const parse = eventParser((name, data) => seen.push([name, data]));
    for (const piece of pieces) parse(piece);
    return seen;
  };

  it('are read whole, whatever the pieces; comments and what was cut are none', () => {
    const whole = [
      ['probe', { a: 'é' }],
      ['report', [1, 2]],
      ['message', 3],
    ];
    expect(read([text])).toEqual(whole);
    expect(read([...text])).toEqual(whole);
  });
});
