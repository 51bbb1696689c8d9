import { describe, expect, it } from 'vitest';
import type { AuditEvent } from '../../lib/host/index.js';
import { safeLogger } from '../../lib/logger.js';
import { EventLog } from '../../lib/net-diagnostics/event-log.js';
import { ConnectionClosedError } from '../../lib/transport/index.js';
import { FakeTime } from '../support/fake-time.js';
import { madeUpId } from '../support/ids.js';
import { Memory } from './stage.js';

function setUp() {
  const time = new FakeTime();
  const memory = new Memory();
  return { time, memory, eventLog: new EventLog(safeLogger(memory), time, madeUpId('cd'.repeat(32))) };
}

const refused: AuditEvent = {
  type: 'dial-back',
  remoteId: madeUpId('ab'.repeat(32)),
  outcome: 'unauthorised',
  why: 'expired',
  tokenExpiresAt: null,
  at: 0,
  durationMs: 3,
};

describe('the log', () => {
  it('cannot be filled by strangers: refusals are counted, and told once a minute', async () => {
    const { eventLog, memory, time } = setUp();
    for (let i = 0; i < 1_000; i += 1) eventLog.dialBack(refused);
    expect(memory.lines).toEqual([expect.stringMatching(/^warn: turned a dial-back away .*"why":"expired"/)]);
    await time.advance(60_000);
    eventLog.dialBack(refused);
    expect(memory.lines).toHaveLength(2);
    expect(memory.lines[1]).toContain('"suppressed":999');
  });

  it('cannot be forged by the reason a platform closes with while requests are on their way', () => {
    const { eventLog, memory } = setUp();
    const error = new ConnectionClosedError({ by: 'peer', code: 7, reason: 'bye\nERROR forged\u001b[2J' });
    eventLog.session({ type: 'hook-failed', error });
    expect(memory.lines).toEqual([expect.stringMatching(/: bye\ufffdERROR forged\ufffd\[2J /)]);
  });

  it('cannot be filled by a platform that may run diagnostics, nor by those who leave before an answer', async () => {
    const { eventLog, memory, time } = setUp();
    for (const outcome of ['answered', 'failed', 'vetoed', 'aborted'] as const) {
      for (let i = 0; i < 100; i += 1) eventLog.dialBack({ ...refused, outcome, why: null });
    }
    const levels = () => memory.lines.map((line) => line.split(':')[0]);
    const count = (level: string) => levels().filter((one) => one === level).length;
    // Answers, and what the app vetoed, are told as much as what went wrong.
    expect({ info: count('info'), error: count('error'), debug: count('debug') }).toEqual({
      info: 20,
      error: 10,
      debug: 1,
    });
    await time.advance(60_000);
    eventLog.dialBack({ ...refused, outcome: 'answered', why: null });
    expect(memory.lines.at(-1)).toContain('"suppressed":90');
  });

  it('says that the app itself turned a dial-back away, which is nothing to worry about', () => {
    const { eventLog, memory } = setUp();
    eventLog.dialBack({ ...refused, outcome: 'vetoed', why: null });
    expect(memory.lines[0]).toMatch(/^info: .*as the app decided .*"event":"dial-back-vetoed"/);
  });

  it('repeats no refusal of the platform that is tried again and again, unless it says something new', () => {
    const { eventLog, memory } = setUp();
    for (let i = 0; i < 3; i += 1) eventLog.grant({ state: 'refused', why: 'no' });
    for (let i = 0; i < 3; i += 1) eventLog.refused('put-metrics', new Error('no metrics'));
    eventLog.refused('name-endpoint', new Error('no metrics'));
    eventLog.refused('put-metrics', new Error('too many'));
    const levels = memory.lines.map((line) => line.split(':')[0]);
    expect(levels).toEqual(['warn', 'debug', 'debug', 'warn', 'debug', 'debug', 'warn', 'warn']);
  });

  it('names every line, and says whose endpoint is connected', () => {
    const { eventLog, memory } = setUp();
    eventLog.session({ type: 'online' });
    expect(memory.lines[0]).toContain(`{"event":"online","endpointId":"${'cd'.repeat(32)}"}`);
  });

  it('names the caller by the beginning of its id alone', () => {
    const { eventLog, memory } = setUp();
    eventLog.dialBack({ ...refused, outcome: 'answered', why: null });
    expect(memory.lines[0]).toMatch(/^info: answered.*"from":"ababababab"/);
  });

  it('tells an outage once, and the first grant, not its renewals', () => {
    const { eventLog, memory } = setUp();
    for (const attempt of [0, 1, 2])
      eventLog.session({ type: 'offline', why: 'gone', attempt, retryInMs: 5 });
    for (const until of [1, 2]) eventLog.grant({ state: 'granted', until });
    const levels = memory.lines.map((line) => line.split(':')[0]);
    expect(levels).toEqual(['warn', 'debug', 'debug', 'info', 'debug']);
  });

  it('tells a grant again after it was refused', () => {
    const { eventLog, memory } = setUp();
    eventLog.grant({ state: 'granted', until: 1 });
    eventLog.grant({ state: 'refused', why: 'no' });
    eventLog.grant({ state: 'granted', until: 2 });
    expect(memory.lines.map((line) => line.split(':')[0])).toEqual(['info', 'warn', 'info']);
  });

  it('tells why a report failed', () => {
    const { eventLog, memory } = setUp();
    eventLog.dialBack({ ...refused, outcome: 'failed', why: null, error: new Error('no probes') });
    expect(memory.lines[0]).toMatch(/^error: .*no probes/);
  });
});
