import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import type { Logger } from '../../lib/index.js';
import { Stage } from './stage.js';

const stage = new Stage();
afterEach(() => stage.clear());

type Line = Record<string, unknown>;

function pinoWith(lines: Line[]) {
  return pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
}

describe('the fields of our log lines', () => {
  it.each([
    ['pino', (root: ReturnType<typeof pinoWith>): Logger => root],
    ['a child of pino', (root: ReturnType<typeof pinoWith>): Logger => root.child({ part: 'net' })],
  ])('bug: are lost where the option `logger` is %s', (_, of) => {
    const lines: Line[] = [];
    stage.start({ apiSecret: null, logger: of(pinoWith(lines)) });
    expect(lines).toEqual([
      expect.objectContaining({
        level: 30,
        msg: expect.stringMatching(/no API secret/),
        ...{ event: 'disabled', reason: 'no-secret' },
      }),
    ]);
  });

  it('come behind the message everywhere else', () => {
    const calls: unknown[][] = [];
    const keep = (...args: unknown[]) => void calls.push(args);
    stage.start({ apiSecret: null, logger: { info: keep, warn: keep, error: keep } });
    expect(calls).toEqual([
      [expect.stringMatching(/no API secret/), { event: 'disabled', reason: 'no-secret' }],
    ]);
  });
});
