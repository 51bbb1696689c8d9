import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase32, encodeBase32 } from '../../lib/wire/base32.js';
import { holds } from './support.js';

const ascii = (text: string) => new TextEncoder().encode(text);

describe('base32', () => {
  // RFC 4648, section 10, without padding
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('%j is %s (RFC 4648 section 10)', (plain, encoded) => {
    expect(encodeBase32(ascii(plain))).toBe(encoded);
    expect(decodeBase32(encoded)).toEqual(ascii(plain));
    expect(decodeBase32(encoded.toUpperCase())).toEqual(ascii(plain));
  });

  it.each([
    ['padding', 'my======'],
    ['white space', 'm y'],
    ['a digit outside the alphabet', 'm1'],
    ['an impossible length', 'mzx'],
    ['bits left over', 'mz'],
    ['a letter that only Unicode folds to k', 'm\u212a'],
    ['an astral character', 'm💥'],
  ])('refuses %s', (_name, text) => {
    expect(decodeBase32(text)).toBeNull();
  });

  it('goes there and back', () => {
    holds(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(bytes);
      }),
    );
  });

  it('accepts one text a value only, but for the case', () => {
    holds(
      fc.property(fc.stringMatching(/^[a-z2-7]{0,20}$/), (text) => {
        const bytes = decodeBase32(text);
        if (bytes !== null) expect(encodeBase32(bytes)).toBe(text);
      }),
    );
  });
});
