import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { TokenBucket } from '../../lib/async/token-bucket.js';
import { MAX_WATCHERS } from '../../lib/http/constants.js';
import { NetDiagnosticsError } from '../../lib/index.js';
import type { LocalReport } from '../../lib/report/index.js';
import { FakeTime, until } from '../support/fake-time.js';
import { kindOf, Stage, type StageOptions, type Watched } from './stage.js';

let stage: Stage;
const open = async (options?: StageOptions) => {
  stage = await new Stage().open(options);
};
afterEach(() => stage.close());

interface Done {
  report: LocalReport;
  text: string;
}

function resultOf({ events }: Watched): Done {
  expect(events.at(-1)).toMatchObject({ name: 'report' });
  return events.at(-1)?.data as Done;
}

describe('a run with progress', () => {
  it('tells each probe as it starts and ends, then the report and its text, then ends', async () => {
    await open();
    const watched = await stage.watch();
    expect(watched.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    });
    await watched.ended;
    const { report, text } = resultOf(watched);
    expect(text).toContain(report.summary.sentence);
    const probes = watched.events.slice(0, -1);
    expect(probes.every(({ name }) => name === 'probe')).toBe(true);
    const ended = probes
      .map(({ data }) => data as { phase: string; record?: unknown })
      .filter((e) => e.phase === 'ended');
    expect(ended).toHaveLength(report.probes.length);
    expect(report.probes).toEqual(expect.arrayContaining(ended.map(({ record }) => record)));
    expect(JSON.parse((await stage.get('/report')).body)).toEqual(report);
  });

  it('names neither relay nor address in its progress when it is redacted', async () => {
    await open({ isSlow: true, deadlineMs: 300 });
    const watched = await stage.watch('/report?redact=1');
    await watched.ended;
    expect(watched.events.length).toBeGreaterThan(2);
    expect(JSON.stringify(watched.events)).not.toContain('127.0.0.1');
    const refs = watched.events.slice(0, -1).map(({ data }) => (data as { ref: string }).ref);
    for (const ref of refs) expect(refs.filter((other) => other === ref)).toHaveLength(2);
    const { report } = resultOf(watched);
    expect(watched.events.at(-2)?.data).toMatchObject({
      soFar: { summary: { colour: report.summary.colour }, isFinal: true },
    });
  });

  it('sends signs of life while nothing happens', async () => {
    await open({ isSlow: true, parts: { heartbeatMs: 20 } });
    const watched = await stage.watch();
    await until(() => watched.comments > 5);
    watched.leave();
  });

  it('that fails says so in the stream, tells nothing, and is logged', async () => {
    await open({ target: { run: () => Promise.reject(new Error('hunter2')) } });
    const watched = await stage.watch();
    await watched.ended;
    expect(watched.events).toEqual([
      {
        name: 'problem',
        data: expect.objectContaining({ status: 500, type: expect.stringMatching(/:failed$/) }),
      },
    ]);
    const answer = await stage.post('/report');
    expect([answer.status, kindOf(answer), answer.body.includes('hunter2')]).toEqual([500, 'failed', false]);
    expect(stage.log).toEqual(Array(2).fill(expect.stringContaining('hunter2')));
  });

  it('that cannot begin says why', async () => {
    const why = 'Diagnostics are stopped.';
    await open({ target: { run: () => Promise.reject(new NetDiagnosticsError('ERR_STATE', why)) } });
    const answer = await stage.post('/report');
    expect([answer.status, kindOf(answer)]).toEqual([409, 'not-running']);
    expect(answer.body).toContain(why);
    expect(stage.log).toEqual([]);
  });
});

describe('several browsers', () => {
  it('share one run; who joins late gets all of its progress; who leaves disturbs nobody', async () => {
    await open({ isSlow: true, deadlineMs: 700 });
    const first = await stage.watch();
    await until(() => first.events.length > 3);
    const [second, third] = [await stage.watch(), await stage.watch()];
    const plain = stage.post('/report');
    await until(() => second.events.length >= first.events.length);
    first.leave();
    await Promise.all([second.ended, third.ended]);
    expect(second.events).toEqual(third.events);
    expect(JSON.parse((await plain).body)).toEqual(resultOf(second).report);
    expect(stage.runs).toHaveLength(1);
    expect(stage.runs[0]?.aborted).toBe(false);
  });

  it('that all leave abort the run, and the next one starts afresh', async () => {
    await open({ isSlow: true });
    const [first, second] = [await stage.watch(), await stage.watch()];
    await until(() => first.events.length > 0);
    first.leave();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(stage.runs[0]?.aborted).toBe(false);
    second.leave();
    await until(() => stage.runs[0]?.aborted === true);
    const third = await stage.watch();
    await until(() => third.events.length > 0);
    expect(stage.runs.map(({ aborted }) => aborted)).toEqual([true, false]);
    const refs = third.events.map(
      ({ data }) => `${(data as { phase: string }).phase} ${(data as { ref: string }).ref}`,
    );
    expect(new Set(refs).size).toBe(refs.length);
    third.leave();
  });

  it('that wait for JSON and leave abort it too', async () => {
    await open({ isSlow: true });
    const socket = await stage.dial();
    socket.write('POST /report HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await until(() => stage.runs.length === 1);
    socket.destroy();
    await until(() => stage.runs[0]?.aborted === true);
  });

  it('five hundred at once: some wait, the others are told to come again, and all get their end', async () => {
    await open({ isSlow: true });
    const warned = vi.fn();
    process.on('warning', warned);
    const watched = await Promise.all(Array.from({ length: 500 }, () => stage.watch()));
    const served = watched.filter(({ response }) => response.statusCode === 200);
    const refused = watched.filter(({ response }) => response.statusCode === 503);
    expect([served.length, refused.length]).toEqual([MAX_WATCHERS, 500 - MAX_WATCHERS]);
    expect(refused[0]?.response.headers).toMatchObject({
      'retry-after': '5',
      'content-type': 'application/problem+json',
    });
    expect(stage.runs).toHaveLength(1);
    for (const one of served) one.leave();
    await until(() => stage.runs[0]?.aborted === true);
    const next = await stage.watch();
    expect(next.response.statusCode).toBe(200);
    next.leave();
    process.off('warning', warned);
    expect(warned.mock.calls).toEqual([]);
  });
});

describe('too many runs', () => {
  it('are refused with the time to wait; joining and reading are not', async () => {
    await open();
    for (let count = 0; count < 3; count += 1) expect((await stage.post('/report')).status).toBe(200);
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await stage.post('/report', { accept });
      expect([answer.status, kindOf(answer), answer.headers['retry-after']]).toEqual([
        429,
        'too-many-runs',
        '10',
      ]);
    }
    expect((await stage.get('/report')).status).toBe(200);
    await stage.time.advance(10_000);
    expect((await stage.post('/report')).status).toBe(200);
    expect((await stage.post('/report')).status).toBe(429);
  });

  it('cannot be started by starting and leaving', async () => {
    await open({ isSlow: true });
    for (let count = 0; count < 3; count += 1) {
      const watched = await stage.watch();
      await until(() => stage.runs.length === count + 1);
      watched.leave();
      await until(() => stage.runs[count]?.aborted === true);
    }
    expect((await stage.post('/report')).status).toBe(429);
    expect(stage.runs).toHaveLength(3);
  });

  it('are counted by a bucket that survives a clock that is set back', () => {
    const time = { at: 1_000_000, now: () => time.at };
    const bucket = new TokenBucket(2, 6, time);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 10_000]);
    time.at = 0;
    expect(bucket.take()).toBe(10_000);
    time.at = 4_000;
    expect(bucket.take()).toBe(6_000);
    time.at = 10_000;
    expect([bucket.take(), bucket.take()]).toEqual([0, 10_000]);
    time.at = 10_000_000;
    expect([bucket.take(), bucket.take(), bucket.take() > 0]).toEqual([0, 0, true]);
    expect(new TokenBucket(1, 6, new FakeTime()).take()).toBe(0);
  });
});

describe('the end of the app', () => {
  it('ends all streams, so that the server closes at once', async () => {
    await open({ isSlow: true });
    const watched = [await stage.watch(), await stage.watch()];
    // With connections that are kept, which a closing server would wait for.
    const waiting = fetch(`http://127.0.0.1:${stage.port}/report`, { method: 'POST' });
    await until(() => stage.runs.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const started = performance.now();
    stage.handler.close();
    stage.handler.close();
    const closed = once(stage.server, 'close');
    stage.server.close();
    await closed;
    expect(performance.now() - started).toBeLessThan(1_500);
    for (const { ended, events } of watched) {
      await ended;
      expect(events.at(-1)).toMatchObject({ name: 'problem', data: { status: 503 } });
    }
    expect((await waiting).status).toBe(503);
    expect(stage.runs[0]?.aborted).toBe(true);
  });

  it('still shows, but runs no more', async () => {
    await open();
    stage.handler.close();
    expect((await stage.get('/status')).status).toBe(200);
    expect(kindOf(await stage.post('/report'))).toBe('shutting-down');
    const refused = await stage.post('/report', { accept: 'text/event-stream' });
    expect([refused.status, kindOf(refused)]).toEqual([503, 'shutting-down']);
    expect(stage.runs).toEqual([]);
  });

  it('cuts a reader who does not read, in the middle of a stream', async () => {
    const record = 'x'.repeat(64 * 1024);
    const tellers: (() => void)[] = [];
    await open({
      target: {
        run: ({ onProbe, signal }) => {
          tellers.push(() => onProbe({ phase: 'started', ref: record, done: 0, total: 1 }));
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new Error('aborted')));
          });
        },
      },
    });
    const socket = await stage.dial();
    socket.pause();
    const closed = vi.fn();
    stage.server.on('request', (_request, response) => response.on('close', closed));
    socket.write('POST /report HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
    await until(() => tellers.length > 0);
    for (let count = 0; count < 200 && closed.mock.calls.length === 0; count += 1) {
      tellers[0]?.();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(closed).toHaveBeenCalled();
  });
});
