import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseType } from '../../lib/http/accept.js';

const OFFERS = ['application/json', 'text/event-stream; charset=utf-8', 'text/plain; charset=utf-8'] as const;
const [JSON_TYPE, STREAM, TEXT] = OFFERS;

describe('content negotiation', () => {
  it.each([
    [undefined, JSON_TYPE],
    ['', JSON_TYPE],
    ['*/*', JSON_TYPE],
    ['text/plain', TEXT],
    ['TEXT/Plain', TEXT],
    ['text/*', STREAM],
    ['text/plain;charset=UTF-8', TEXT],
    ['text/plain;charset=latin1', null],
    ['text/html', null],
    ['application/*;q=0.1, text/plain;q=0.2', TEXT],
    ['text/event-stream', STREAM],
    ['text/event-stream, */*', JSON_TYPE],
    ['text/event-stream, */*;q=0.1', STREAM],
    ['application/json;q=0, */*', STREAM],
    ['*/*;q=0', null],
    ['application/json;q=0', null],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', JSON_TYPE],
    ['text/*;q=0.5, text/plain;q=0.9, */*;q=0.4', TEXT],
    ['text/plain ; q=0.9 , application/json ; q=1.000', JSON_TYPE],
    // Unreadable ranges are as good as none; those beside them count.
    ['q=1', JSON_TYPE],
    ['application/json;q=2', JSON_TYPE],
    ['text/plain;q=abc, text/event-stream', STREAM],
    ['*/json, text/plain', TEXT],
    [',,, ,text/plain,,', TEXT],
  ])('by RFC 9110: %j gets %j', (accept, chosen) => {
    expect(chooseType(accept, OFFERS)).toBe(chosen);
  });

  it('chooses one of what there is, whatever it is asked', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (accept) => {
        const chosen = chooseType(accept, OFFERS);
        return chosen === null || OFFERS.includes(chosen);
      }),
    );
  });

  it('takes the highest weight of plain ranges, the first of equals', () => {
    const weights = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000));
    fc.assert(
      fc.property(weights, (thousandths) => {
        const ranges = OFFERS.map(
          (type, i) => `${type.split(';')[0]};q=${((thousandths[i] ?? 0) / 1000).toFixed(3)}`,
        );
        const best = Math.max(...thousandths);
        const expected = best === 0 ? null : (OFFERS[thousandths.indexOf(best)] ?? null);
        expect(chooseType(ranges.join(','), OFFERS)).toBe(expected);
      }),
    );
  });

  it('is quick on a header as long as Node takes', () => {
    const started = performance.now();
    for (const part of ['a/b,', 'a/b;', '*/*;q=0.', ';q=', 'a/'.repeat(50)]) {
      chooseType(part.repeat(16_384 / part.length), OFFERS);
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});
