import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareSocketAddr, formatSocketAddr, parseSocketAddr } from '../../lib/wire/index.js';
import { decodeWhole } from '../../lib/wire/postcard-reader.js';
import { PostcardWriter } from '../../lib/wire/postcard-writer.js';
import { readSocketAddr, writeSocketAddr } from '../../lib/wire/socket-addr.js';
import { socketAddr } from './arbitraries.js';
import { fromHex, holds, toHex } from './support.js';

describe('socket addresses as text', () => {
  it.each([
    ['1.2.3.4:5', '1.2.3.4:5'],
    ['0.0.0.0:0', '0.0.0.0:0'],
    ['255.255.255.255:65535', '255.255.255.255:65535'],
    ['[::1]:5', '[::1]:5'],
    ['[::]:0', '[::]:0'],
    ['[2001:DB8:0:0:0:0:0:1]:80', '[2001:db8::1]:80'],
    ['[2001:db8:0:1:1:1:1:1]:80', '[2001:db8:0:1:1:1:1:1]:80'],
    ['[1:0:0:2:0:0:0:3]:1', '[1:0:0:2::3]:1'],
    ['[1:0:0:2:3:0:0:4]:1', '[1::2:3:0:0:4]:1'],
    ['[1::]:1', '[1::]:1'],
    ['[::ffff:1.2.3.4]:1', '[::ffff:1.2.3.4]:1'],
    ['[::ffff:102:304]:1', '[::ffff:1.2.3.4]:1'],
    ['[64:ff9b::192.0.2.1]:1', '[64:ff9b::c000:201]:1'],
    ['[fe80::1%2]:1', '[fe80::1]:1'],
  ])('%s is %s (RFC 5952)', (text, canonical) => {
    expect(formatSocketAddr(parseSocketAddr(text))).toBe(canonical);
  });

  it.each([
    '',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '1.2.3.4:-1',
    '01.2.3.4:5',
    '1.2.3:4',
    '256.0.0.1:1',
    '::1:5',
    '[::1]',
    '[::1]:99999',
    '[:::1]:1',
    '[1.2.3.4]:5',
    '[12345::]:1',
    'localhost:1',
    ' 1.2.3.4:5',
    '1.2.3.4:5 ',
  ])('%j is refused', (text) => {
    expect(() => parseSocketAddr(text)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
  });
});

describe('socket addresses on the wire', () => {
  it.each([
    ['127.0.0.1:258', '00 7f000001 8202'],
    ['[2001:db8::1]:54782', '01 20010db8000000000000000000000001 feab03'],
  ])('%s is %s', (text, hex) => {
    const writer = new PostcardWriter();
    writeSocketAddr(writer, parseSocketAddr(text));
    expect(toHex(writer.finish())).toBe(hex.replaceAll(' ', ''));
    expect(formatSocketAddr(decodeWhole(fromHex(hex), (reader) => readSocketAddr(reader, 'addr')))).toBe(
      text,
    );
  });

  it('go there and back, as bytes and as text', () => {
    holds(
      fc.property(socketAddr, (addr) => {
        const writer = new PostcardWriter();
        writeSocketAddr(writer, addr);
        expect(decodeWhole(writer.finish(), (reader) => readSocketAddr(reader, 'addr'))).toEqual(addr);
        expect(parseSocketAddr(formatSocketAddr(addr))).toEqual(addr);
      }),
    );
  });

  it('are refused when the family is unknown, the port too big, or the text no address', () => {
    const read = (hex: string) => decodeWhole(fromHex(hex), (reader) => readSocketAddr(reader, 'addr'));
    expect(() => read('02 7f000001 01')).toThrow('addr at offset 0: unknown address family 2');
    expect(() => read('00 7f000001 808004')).toThrow('above 65535');
    const write = (family: 4 | 6, ip: string) =>
      writeSocketAddr(new PostcardWriter(), { family, ip, port: 1 });
    expect(() => write(4, '::1')).toThrow(expect.objectContaining({ code: 'ERR_WIRE_ENCODE' }));
    expect(() => write(6, '1.2.3.4')).toThrow(expect.objectContaining({ code: 'ERR_WIRE_ENCODE' }));
  });
});

it('socket addresses sort by family, address and port, as numbers', () => {
  const sorted = [
    '9.0.0.1:80',
    '9.0.0.1:443',
    '10.0.0.1:5',
    '10.0.0.1:1000',
    '[::2]:7',
    '[::10]:1',
    '[2001::]:1',
  ];
  const parsed = sorted.map(parseSocketAddr);
  expect(parsed.toReversed().sort(compareSocketAddr)).toEqual(parsed);
});
