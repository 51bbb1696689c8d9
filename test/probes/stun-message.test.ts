import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBindingResponse,
  encodeBindingRequest,
  StunFormatError,
} from '../../lib/probes/stun/message.js';
import { formatStunServer, parseStunServer, type SocketAddr } from '../../lib/wire/index.js';
import { attribute, plainAddress, response, xorAddress } from './support/stun-server.js';

/** RFC 5769, section 2.2 and 2.3: made by others, with MESSAGE-INTEGRITY and FINGERPRINT. */
const RFC5769_IPV4 =
  '0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220' +
  '002000080001a147e112a643000800142b91f599fd9e90c38c7489f92af9ba53f06be7d780280004c07d4c96';
const RFC5769_IPV6 =
  '010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220' +
  '002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed41' +
  '80280004c8fb0b4c';

const id = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');
const v4 = { family: 4, ip: '198.51.100.7', port: 40_000 } as const;
const v6 = { family: 6, ip: '2001:db8::7', port: 40_001 } as const;

describe('a Binding request (RFC 8489, section 5)', () => {
  it('is 20 bytes, its identifier included', () => {
    expect(encodeBindingRequest(id).toString('hex')).toBe('000100002112a442b7e7a701bc34d686fa87dfae');
  });

  it.each([
    [{ ip: true, port: true }, '00000006'],
    [{ ip: false, port: true }, '00000002'],
    [{ ip: true, port: false }, '00000004'],
  ])('asks with CHANGE-REQUEST %j (RFC 5780, section 7.2)', (change, flags) => {
    const expected = `000100082112a442b7e7a701bc34d686fa87dfae00030004${flags}`;
    expect(encodeBindingRequest(id, change).toString('hex')).toBe(expected);
  });
});

describe('a Binding response', () => {
  it('is read as RFC 5769 writes it, fingerprint checked', () => {
    const decoded = decodeBindingResponse(Buffer.from(RFC5769_IPV4, 'hex'));
    expect(decoded).toEqual({
      transactionId: id,
      unknown: null,
      errorCode: null,
      mapped: { family: 4, ip: '192.0.2.1', port: 32_853 },
      plainMapped: null,
      other: null,
      origin: null,
    });
    expect(decodeBindingResponse(Buffer.from(RFC5769_IPV6, 'hex')).mapped).toEqual({
      family: 6,
      ip: '2001:db8:1234:5678:11:2233:4455:6677',
      port: 32_853,
    });
  });

  it('keeps all addresses apart, also beside RFC 3489 attributes', () => {
    const bytes = response(
      id,
      xorAddress(v4, id),
      plainAddress(0x0001, v6),
      plainAddress(0x0004, v4),
      plainAddress(0x0005, v4),
      plainAddress(0x802b, v6),
      plainAddress(0x802c, v4),
      attribute(0x8022, Buffer.from('Coturn')),
    );
    expect(decodeBindingResponse(bytes)).toEqual({
      transactionId: id,
      unknown: null,
      errorCode: null,
      mapped: v4,
      plainMapped: v6,
      origin: v6,
      other: v4,
    });
  });

  it('takes the first of two attributes of one type (section 14)', () => {
    const second = { ...v4, port: 1 };
    expect(decodeBindingResponse(response(id, xorAddress(v4, id), xorAddress(second, id))).mapped).toEqual(
      v4,
    );
  });

  it('takes XOR-MAPPED-ADDRESS under the number of its drafts, after the real one', () => {
    const draft = (addr: SocketAddr) => xorAddress(addr, id, 0x8020);
    const second = { ...v4, port: 1 };
    expect(decodeBindingResponse(response(id, plainAddress(0x0001, v6), draft(v4))).mapped).toEqual(v4);
    expect(decodeBindingResponse(response(id, draft(second), xorAddress(v4, id))).mapped).toEqual(v4);
  });

  it('names an attribute that must be understood and is not (section 6.3.3)', () => {
    const bytes = response(id, xorAddress(v4, id), attribute(0x7ffe, Buffer.alloc(0)));
    expect(decodeBindingResponse(bytes).unknown).toBe(0x7ffe);
  });

  it('shows an IPv4-mapped address as IPv4', () => {
    const mapped = { family: 6, ip: '::ffff:198.51.100.7', port: 9 } as const;
    expect(decodeBindingResponse(response(id, xorAddress(mapped, id))).mapped).toEqual({ ...v4, port: 9 });
  });

  it('reads the code of an error and nothing of its phrase', () => {
    const value = Buffer.from([0, 0, 4, 20, ...Buffer.from('\x1b[2J')]);
    const bytes = response(id, attribute(0x0009, value), attribute(0x000a, Buffer.from([0, 3])));
    bytes.writeUInt16BE(0x0111, 0);
    expect(decodeBindingResponse(bytes)).toMatchObject({ errorCode: 420, mapped: null });
  });

  const good = () => response(id, xorAddress(v4, id));
  const patched = (offset: number, value: number) => {
    const bytes = good();
    bytes.writeUInt16BE(value, offset);
    return bytes;
  };
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['half a header', good().subarray(0, 19)],
    ['a request', patched(0, 0x0001)],
    ['an indication', patched(0, 0x0011)],
    ['another method', patched(0, 0x0103)],
    ['something with the first bits set', patched(0, 0xc101)],
    ['another cookie', patched(4, 0)],
    ['a length too long', patched(2, 16)],
    ['a length too short', patched(2, 8)],
    ['a length that is no multiple of 4', patched(2, 11)],
    ['trailing bytes', Buffer.concat([good(), Buffer.alloc(4)])],
    ['an attribute longer than the message', patched(22, 12)],
    ['an address of no family', patched(24, 3)],
    [
      'an address of the wrong length',
      response(id, attribute(0x0020, Buffer.from([0, 2, 0, 9, 1, 2, 3, 4]))),
    ],
    ['an empty address', response(id, attribute(0x0020, Buffer.alloc(0)))],
    ['a success without an address', response(id)],
    ['a wrong fingerprint', response(id, xorAddress(v4, id), attribute(0x8028, Buffer.alloc(4)))],
    [
      'more attributes than anyone sends',
      response(
        id,
        xorAddress(v4, id),
        ...Array.from({ length: 32 }, () => attribute(0x8022, Buffer.alloc(0))),
      ),
    ],
    ['more bytes than anyone sends', response(id, xorAddress(v4, id), attribute(0x8022, Buffer.alloc(1500)))],
  ])('is refused when it is %s', (_, bytes) => {
    expect(() => decodeBindingResponse(bytes)).toThrow(StunFormatError);
  });

  it.each([
    ['no code', Buffer.alloc(0)],
    ['a code of class 2', Buffer.from([0, 0, 2, 0])],
    ['a code with 100 in its rest', Buffer.from([0, 0, 4, 100])],
  ])('is refused when it is an error with %s', (_, value) => {
    const bytes = response(id, attribute(0x0009, value));
    bytes.writeUInt16BE(0x0111, 0);
    expect(() => decodeBindingResponse(bytes)).toThrow(StunFormatError);
  });

  it('survives any bytes, and any change of good ones', () => {
    const decode = (bytes: Buffer) => {
      try {
        decodeBindingResponse(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(StunFormatError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decode(Buffer.from(bytes))));
    const originals = [RFC5769_IPV4, RFC5769_IPV6].map((hex) => Buffer.from(hex, 'hex'));
    const change = fc.tuple(fc.nat(200), fc.nat(255));
    fc.assert(
      fc.property(fc.constantFrom(...originals), fc.array(change, { maxLength: 5 }), (original, changes) => {
        const bytes = Buffer.from(original);
        for (const [offset, value] of changes) bytes[offset % bytes.length] = value;
        decode(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('comes back from every address as it was written', () => {
    const address = fc.oneof(
      fc.record({ family: fc.constant(4 as const), ip: fc.ipV4(), port: fc.nat(65_535) }),
      fc.record({
        family: fc.constant(6 as const),
        ip: fc.constantFrom('2001:db8::7', '::1', 'fe80::1:2'),
        port: fc.nat(65_535),
      }),
    );
    fc.assert(
      fc.property(address, fc.uint8Array({ minLength: 12, maxLength: 12 }), (addr, bytes) => {
        const tid = Buffer.from(bytes);
        expect(decodeBindingResponse(response(tid, xorAddress(addr, tid))).mapped).toEqual(addr);
      }),
    );
  });
});

describe('the name of a STUN server', () => {
  it.each([
    ['stun.example', 'stun.example:3478'],
    ['stun.example:19302', 'stun.example:19302'],
    ['stun:stun.example:19302', 'stun.example:19302'],
    ['STUN:Stun.Example', 'stun.example:3478'],
    ['203.0.113.10', '203.0.113.10:3478'],
    ['stun:[2001:db8::1]:99', '[2001:db8::1]:99'],
    ['[2001:db8::1]', '[2001:db8::1]:3478'],
    ['localhost:1', 'localhost:1'],
    ['a_b-c.d.', 'a_b-c.d.:3478'],
  ])('%s is %s', (text, label) => {
    const server = parseStunServer(text);
    expect(server === null ? null : formatStunServer(server)).toBe(label);
  });

  it.each([
    '',
    'stun:',
    ':3478',
    'host:0',
    'host:65536',
    'host:port',
    'host:1:2',
    '2001:db8::1',
    '[203.0.113.1]:1',
    '[fe80::1%eth0]:1',
    '1.2.3',
    '256.1.1.1',
    'a b',
    '-a.example',
    'a..b',
    'stuns:host',
    'http://host/',
    'user@host',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}aa`,
  ])('%s is none', (text) => {
    expect(parseStunServer(text)).toBeNull();
  });
});
