import { describe, expect, it } from 'vitest';
import { printable } from '../lib/text.js';

describe('text of strangers', () => {
  it.each([
    ['a\x1b[31mb\r\nc', 'a\ufffd[31mb\ufffdc'],
    ['evil\u202Etxt\u2066\u200B', 'evil\ufffdtxt\ufffd'],
    ['  plain ünïcode 👋 ', 'plain ünïcode 👋'],
    ['\ud800x', '\ufffdx'],
    ['one line\r\n', 'one line'],
    ['one\u2028two\u2029three', 'one\ufffdtwo\ufffdthree'],
    ['', ''],
  ])('%j becomes %j', (text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  it('shows that there was something, where nothing of it can be shown', () => {
    expect(printable('\u200b\n')).toBe('\ufffd');
  });

  it('is bounded, and never cut through a character', () => {
    expect(printable('x'.repeat(1e6))).toHaveLength(200);
    expect(printable('👋'.repeat(20), 10)).toBe(`${'👋'.repeat(4)}…`);
  });

  it('is cut before it is looked at: 16 MiB of line ends cost nothing', () => {
    const text = '\n'.repeat(16 * 1024 * 1024);
    const startedAt = performance.now();
    expect(printable(text)).toBe('\ufffd');
    expect(performance.now() - startedAt).toBeLessThan(400);
  });
});
