import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeWhole, PostcardReader } from '../../lib/wire/postcard-reader.js';
import { PostcardWriter } from '../../lib/wire/postcard-writer.js';
import { WireError } from '../../lib/wire/wire-error.js';
import { i64, text, u64 } from './arbitraries.js';
import { fromHex, holds, toHex } from './support.js';

const failureOf = (run: () => unknown): WireError => {
  try {
    run();
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
  throw new Error('did not throw');
};

const read = <T>(hex: string, how: (reader: PostcardReader) => T): T => decodeWhole(fromHex(hex), how);

// The tables of https://postcard.jamesmunns.com/wire-format
const UNSIGNED: [bigint, string][] = [
  [0n, '00'],
  [127n, '7f'],
  [128n, '8001'],
  [16383n, 'ff7f'],
  [16384n, '808001'],
  [16385n, '818001'],
  [65535n, 'ffff03'],
  [2n ** 32n - 1n, 'ffffffff0f'],
  [2n ** 64n - 1n, 'ffffffffffffffffff01'],
];
const SIGNED: [bigint, string][] = [
  [0n, '00'],
  [-1n, '01'],
  [1n, '02'],
  [63n, '7e'],
  [-64n, '7f'],
  [64n, '8001'],
  [-65n, '8101'],
  [32767n, 'feff03'],
  [-32768n, 'ffff03'],
  [2n ** 63n - 1n, 'feffffffffffffffff01'],
  [-(2n ** 63n), 'ffffffffffffffffff01'],
];

describe('postcard, by the examples of its specification', () => {
  it.each(UNSIGNED)('%i as u64', (value, hex) => {
    expect(toHex(new PostcardWriter().u64(value, 'v').finish())).toBe(hex);
    expect(read(hex, (reader) => reader.u64('v'))).toBe(value);
  });

  it.each(SIGNED)('%i as i64', (value, hex) => {
    expect(toHex(new PostcardWriter().i64(value, 'v').finish())).toBe(hex);
    expect(read(hex, (reader) => reader.i64('v'))).toBe(value);
  });

  it('-32.005859375 as f64', () => {
    expect(toHex(new PostcardWriter().f64(-32.005859375).finish())).toBe('00000000c00040c0');
    expect(read('00000000c00040c0', (reader) => reader.f64('v'))).toBe(-32.005859375);
  });
});

describe('postcard, strictly', () => {
  it.each([
    ['a varint with a needless byte', '8000', 'not minimal'],
    ['a varint with many needless bytes', '80808000', 'not minimal'],
    ['a varint above 64 bits', 'ffffffffffffffffff02', 'does not fit 64 bits'],
    ['a varint of eleven bytes', 'ffffffffffffffffffff01', 'does not fit 64 bits'],
    ['a varint that is cut', 'ffff', 'the input ends here'],
  ])('refuses %s', (_name, hex, message) => {
    const error = failureOf(() => read(hex, (reader) => reader.u64('size')));
    expect(error).toMatchObject({ code: 'ERR_WIRE_DECODE', field: 'size' });
    expect(error.message).toContain(message);
    expect(error.message).toContain(`size at offset ${error.offset}`);
  });

  it('refuses a number above its type', () => {
    expect(() => read('808004', (reader) => reader.u16('port'))).toThrow(
      'port at offset 0: 65536 is above 65535',
    );
    expect(() => read('8080808010', (reader) => reader.u32('n'))).toThrow('is above');
    expect(() => read('ffffffffffffffff7f', (reader) => reader.uint('n'))).toThrow('is above');
  });

  it.each(['02', 'ff'])('refuses %s as a bool and as an option', (hex) => {
    expect(() => read(hex, (reader) => reader.bool('flag'))).toThrow(WireError);
    expect(() => read(hex, (reader) => reader.option('maybe', () => 1))).toThrow(WireError);
  });

  it.each(['01ff', '02c080', '03eda080', '04f4908080'])('refuses %s: not UTF-8', (hex) => {
    expect(() => read(hex, (reader) => reader.str('name'))).toThrow(
      'name at offset 0: the text is not UTF-8',
    );
  });

  it('keeps a byte order mark', () => {
    expect(read('04efbbbf61', (reader) => reader.str('name'))).toBe('\ufeffa');
  });

  it('names the field by its path and says where it begins', () => {
    const bytes = fromHex('02 00 02');
    const error = failureOf(() =>
      decodeWhole(bytes, (reader) =>
        reader.within('outer', () => reader.seq('flags', 1, () => reader.bool(''))),
      ),
    );
    expect(error).toMatchObject({ field: 'outer.flags[1]', offset: 2 });
  });

  it('refuses bytes that are left over', () => {
    expect(failureOf(() => read('0100', (reader) => reader.bool('flag')))).toMatchObject({
      field: 'message',
      offset: 1,
    });
  });

  it.each(['05616263', 'ffffffff0f', 'ffffffffffffffffff01'])(
    'refuses a length past the input: %s',
    (hex) => {
      expect(() => read(hex, (reader) => reader.byteString('data'))).toThrow('runs past the input');
    },
  );

  it('refuses a count that the input cannot hold before it reads an item', () => {
    for (const hex of ['0500000000', 'ffffffff0f00', 'ffffffffffffffffff0100']) {
      const reader = new PostcardReader(fromHex(hex));
      expect(() => reader.seq('items', 2, () => expect.unreachable())).toThrow('do not fit');
    }
  });

  it('refuses more items than a message may hold, also when the bytes are there', () => {
    const bytes = new Uint8Array(16 * 1024 * 1024);
    bytes.set(fromHex('80808004'));
    const before = process.memoryUsage().heapUsed;
    expect(() => new PostcardReader(bytes).seq('items', 1, () => expect.unreachable())).toThrow(
      'more than 65536',
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * 1024 * 1024);
  });

  it('counts the items of nested collections together', () => {
    const inner = new PostcardWriter().seq(new Array(1000).fill(0), 'i', () => undefined).finish();
    const writer = new PostcardWriter().uint(300, 'outer');
    for (let index = 0; index < 300; index += 1) writer.raw(inner, 'i').raw(new Uint8Array(1000), 'i');
    const reader = new PostcardReader(writer.finish());
    expect(() => reader.seq('outer', 1, () => reader.seq('inner', 1, () => reader.u8('')))).toThrow(
      'more than 65536',
    );
  });

  it('refuses to write what does not fit', () => {
    const writer = new PostcardWriter();
    const refused = { code: 'ERR_WIRE_ENCODE' };
    expect(() => writer.u16(65536, 'port')).toThrow(expect.objectContaining(refused));
    expect(() => writer.u32(-1, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.uint(0.5, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.uint(2 ** 53, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.u64(2n ** 64n, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.u64(-1n, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.i64(2n ** 63n, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.u8(256, 'n')).toThrow(expect.objectContaining(refused));
    expect(() => writer.raw(new Uint8Array(15), 'id', 16)).toThrow('15 bytes where 16 belong');
    expect(() => writer.str('a\ud800', 'name')).toThrow('lone surrogate');
    expect(writer.finish()).toHaveLength(0);
  });
});

describe('postcard, there and back', () => {
  it('holds every value', () => {
    holds(
      fc.property(u64, i64, text, fc.double(), fc.maxSafeNat(), fc.uint8Array(), (a, b, c, d, e, f) => {
        const bytes = new PostcardWriter()
          .u64(a, 'a')
          .i64(b, 'b')
          .str(c, 'c')
          .f64(d)
          .uint(e, 'e')
          .byteString(f, 'f');
        const back = decodeWhole(bytes.finish(), (reader) => [
          reader.u64('a'),
          reader.i64('b'),
          reader.str('c'),
          reader.f64('d'),
          reader.uint('e'),
          reader.byteString('f'),
        ]);
        expect(back).toEqual([a, b, c, d, e, f]);
      }),
    );
  });

  it('accepts one encoding a value only', () => {
    holds(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 11 }), (bytes) => {
        const reader = new PostcardReader(bytes);
        try {
          const value = reader.u64('v');
          expect(toHex(new PostcardWriter().u64(value, 'v').finish())).toBe(
            toHex(bytes.subarray(0, reader.offset)),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
