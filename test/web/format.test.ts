import { describe, expect, it } from 'vitest';
import { ago, dateTime, durationText, hostOf, untilText } from '../../web/words/format.js';

describe('times in words', () => {
  it.each([
    [0, 'just now'],
    [-9_999, 'just now'],
    [-12_000, '12 seconds ago'],
    [-180_000, '3 minutes ago'],
    [-86_400_000, 'yesterday'],
    [7_200_000, 'in 2 hours'],
  ])('%i ms from now: %s', (distance, text) => {
    expect(ago(1_000_000 + distance, 1_000_000)).toBe(text);
  });

  it.each([
    [3140, '3.1 s'],
    [42.4, '42 ms'],
    [3.14, '3.1 ms'],
    [0.35, '0.35 ms'],
  ])('%f ms take %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('hold for numbers that no date can hold', () => {
    expect(dateTime(Number.MAX_SAFE_INTEGER)).toBe('an impossible time');
    expect(untilText(Number.MAX_SAFE_INTEGER)).toBe('practically without end');
    expect(untilText(null)).toBe('without end');
    expect(untilText(1_800_000_000)).toMatch(/^until .*2027/);
  });
});

describe('a host', () => {
  it.each([
    ['https://relay.test./', 'relay.test'],
    ['https://relay.test.:8443/x', 'relay.test:8443'],
    ['no url', 'no url'],
  ])('of %s is %s', (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});
