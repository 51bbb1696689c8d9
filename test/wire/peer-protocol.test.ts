import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePeerFacts, encodePeerFacts, MAX_PEER_FACTS } from '../../lib/wire/index.js';
import { holds } from './support.js';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text));
const read = (text: string) => decodePeerFacts(bytesOf(text));

describe('what a peer says about itself', () => {
  it.each([true, false, null])('goes there and back: %s', (isWell) => {
    const line = encodePeerFacts({ isWell });
    expect(Buffer.from(line).toString()).toBe(`{"version":1,"isWell":${isWell}}\n`);
    expect(decodePeerFacts(line)).toEqual({ facts: { isWell }, size: line.length });
  });

  it('is whole when its line is, and the echo follows it', () => {
    const line = Buffer.from(encodePeerFacts({ isWell: true }));
    for (let size = 0; size < line.length; size += 1) {
      expect(decodePeerFacts(line.subarray(0, size))).toBeNull();
    }
    const withEcho = Buffer.concat([line, Buffer.from('\nabc\n')]);
    expect(decodePeerFacts(withEcho)).toEqual({ facts: { isWell: true }, size: line.length });
  });

  it('may leave out whether it is well, and may say more than is known today', () => {
    expect(read('{"version":1}\n')?.facts).toEqual({ isWell: null });
    expect(read('{"version":1,"isWell":false,"city":["Ulm"]}\n')?.facts).toEqual({ isWell: false });
    expect(read('{"version":1,"isWell":null,"__proto__":{"isWell":true}}\n')?.facts).toEqual({
      isWell: null,
    });
  });

  it('has at most 1024 bytes, its end included', () => {
    const padded = (size: number) => `{"version":1}${' '.repeat(size - 14)}\n`;
    expect(padded(MAX_PEER_FACTS)).toHaveLength(MAX_PEER_FACTS);
    expect(read(padded(MAX_PEER_FACTS))?.size).toBe(MAX_PEER_FACTS);
    const tooLong = expect.objectContaining({ code: 'ERR_WIRE_DECODE', field: 'peerFacts' });
    expect(() => read(padded(MAX_PEER_FACTS + 1))).toThrow(tooLong);
    expect(() => read(' '.repeat(MAX_PEER_FACTS))).toThrow(tooLong);
    expect(read(' '.repeat(MAX_PEER_FACTS - 1))).toBeNull();
  });

  it.each([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half a JSON', '{"version":1'],
    ['null', 'null'],
    ['a list', '[1]'],
    ['a number', '1'],
    ['no version', '{"isWell":true}'],
    ['another version', '{"version":2,"isWell":true}'],
    ['a version in quotes', '{"version":"1"}'],
    ['a word for its health', '{"version":1,"isWell":"yes"}'],
    ['a number for its health', '{"version":1,"isWell":1}'],
    ['deep nesting', '['.repeat(MAX_PEER_FACTS - 1)],
  ])('is refused: %s', (_, line) => {
    expect(() => read(`${line}\n`)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
  });

  it('is refused when it is no UTF-8', () => {
    const line = Buffer.concat([Buffer.from('{"version":1,"a":"'), Buffer.of(0xff), Buffer.from('"}\n')]);
    expect(() => decodePeerFacts(line)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
  });

  it('never throws anything but a WireError, whatever comes', () => {
    const line = fc.oneof(fc.uint8Array({ maxLength: 2048 }), fc.json().map(bytesOf));
    holds(
      fc.property(line, (bytes) => {
        try {
          const { facts, size } = decodePeerFacts(bytes) ?? { facts: { isWell: null }, size: 0 };
          expect([true, false, null]).toContain(facts.isWell);
          expect(size).toBeLessThanOrEqual(Math.min(bytes.length, MAX_PEER_FACTS));
        } catch (error) {
          expect(error).toMatchObject({ name: 'WireError' });
        }
      }),
    );
  });
});
