import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Attributes,
  Caps,
  decodeClientHostRequest,
  decodePong,
  decodeReportResult,
  decodeServicesRequest,
  decodeUnitResult,
  encodeClientHostRequest,
  encodeFrame,
  encodePong,
  encodeReportResult,
  encodeServicesRequest,
  encodeUnitResult,
  FrameLengthDecoder,
  MAX_MESSAGE_SIZE,
  type RemoteFailure,
  readFrameLength,
} from '../../lib/wire/index.js';
import * as arbitrary from './arbitraries.js';
import { fromHex, holds, toHex } from './support.js';

/** Tokens and capability sets keep their contents private: compare what they say. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part)));
const err = (error: RemoteFailure) => ({ ok: false as const, error });

describe('whole answers that the official client takes', () => {
  it.each<[string, Uint8Array, string]>([
    ['Auth ok', new Uint8Array(), '00'],
    ['Ping', encodePong(new Uint8Array(16).fill(0xab)), `10${'ab'.repeat(16)}`],
    ['Ok(())', encodeUnitResult({ ok: true, value: undefined }), '0100'],
    [
      'MissingCapability {metrics:put-any}',
      encodeUnitResult(err({ kind: 'missing-capability', caps: Caps.of('metrics:put-any') })),
      '06010000010300',
    ],
    [
      'MissingCapability {net-diagnostics:get-any}',
      encodeReportResult(err({ kind: 'missing-capability', caps: Caps.of('net-diagnostics:get-any') })),
      '06010000010401',
    ],
    [
      'MissingCapability {client}',
      encodeUnitResult(err({ kind: 'missing-capability', caps: Caps.of('client') })),
      '050100000101',
    ],
    [
      'AuthError',
      encodeUnitResult(err({ kind: 'auth-error', message: 'token expired' })),
      '1001010d746f6b656e2065787069726564',
    ],
    [
      'InvalidInput',
      encodeUnitResult(err({ kind: 'invalid-input', message: 'group is too short' })),
      '1501031267726f757020697320746f6f2073686f7274',
    ],
    ['RateLimited', encodeUnitResult(err({ kind: 'rate-limited' })), '020104'],
    ['InternalServerError', encodeReportResult(err({ kind: 'internal-server-error' })), '020102'],
    ['RunNetworkDiagnostics', encodeClientHostRequest({ type: 'run-network-diagnostics' }), '0101'],
  ])('%s', (_name, body, hex) => {
    expect(toHex(encodeFrame(body))).toBe(hex);
  });
});

describe('requests', () => {
  it('to the platform go there and back', () => {
    holds(
      fc.property(arbitrary.servicesRequest, (request) => {
        const bytes = encodeServicesRequest(request);
        const back = decodeServicesRequest(bytes);
        expect(plain(back)).toEqual(plain(request));
        expect(toHex(encodeServicesRequest(back))).toBe(toHex(bytes));
      }),
    );
  });

  it('to the endpoint go there and back', () => {
    holds(
      fc.property(arbitrary.clientHostRequest, (request) => {
        expect(plain(decodeClientHostRequest(encodeClientHostRequest(request)))).toEqual(plain(request));
      }),
      { numRuns: 30 },
    );
  });

  it.each([
    [decodeServicesRequest, '08 010203', 8],
    [decodeServicesRequest, 'ffffffff0f', 4294967295],
    [decodeClientHostRequest, '02', 2],
  ])('of an unknown variant are told apart from garbage (%#)', (decode, hex, variant) => {
    const unknown = expect.objectContaining({
      code: 'ERR_WIRE_DECODE',
      name: 'UnknownRequestError',
      variant,
    });
    expect(() => decode(fromHex(hex))).toThrow(unknown);
    expect(() => decode(fromHex('80'))).toThrow(expect.not.objectContaining({ name: 'UnknownRequestError' }));
  });

  it('have names of 2 to 128 bytes', () => {
    const encode = (name: string) => encodeServicesRequest({ type: 'name-endpoint', name });
    for (const name of ['', 'a', 'a'.repeat(129), '👋'.repeat(33)]) {
      expect(() => encode(name)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_ENCODE' }));
    }
    for (const name of ['ab', 'é', 'a'.repeat(128), '👋'.repeat(32)]) {
      expect(decodeServicesRequest(encode(name))).toEqual({ type: 'name-endpoint', name });
    }
    expect(() => decodeServicesRequest(fromHex('05 01 61'))).toThrow('name-endpoint.name at offset 1');
    expect(() => decodeServicesRequest(fromHex(`05 8101 ${'61'.repeat(129)}`))).toThrow('longer than 128');
  });

  it('have groups of 2 to 128 bytes', () => {
    const encode = (group: string) => encodeServicesRequest({ type: 'set-group', group });
    for (const group of ['', 'a', 'a'.repeat(129), '👋'.repeat(33), 'ab\ud800']) {
      expect(() => encode(group)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_ENCODE' }));
    }
    expect(decodeServicesRequest(encode('👋'.repeat(32)))).toEqual({
      type: 'set-group',
      group: '👋'.repeat(32),
    });
    expect(() => decodeServicesRequest(fromHex('06 01 61'))).toThrow('set-group.group at offset 1');
  });

  it('have at most 128 attributes, each within its bounds, sorted by bytes, no key twice', () => {
    const encode = (attributes: Attributes) => encodeServicesRequest({ type: 'set-attributes', attributes });
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`key-${i}`, 'v']));
    expect(() => encode(many(129))).toThrow('129 attributes are too many');
    expect(() => encode({ a: 'v' })).toThrow('attribute 1: the key is too short');
    expect(() => encode({ ok: '', ab: 'x'.repeat(129) })).toThrow('attribute 2: the value is too long');
    expect(() => encode({ ok: '\udc00' })).toThrow('half a surrogate pair');
    expect(encode({ ok: 'x'.repeat(128), ...many(127) })).toBeDefined();
    // U+FF5E stands before U+1F44B by its bytes, after it by UTF-16 code units.
    const [tilde, wave] = ['\uff5e', '👋'];
    expect(toHex(encode({ [wave]: '', [tilde]: '' }))).toBe('070203efbd9e0004f09f918b00');
    const twice = fromHex('07 02 02 6162 00 02 6162 00');
    expect(() => decodeServicesRequest(twice)).toThrow('attributes[1].key at offset 6: it stands in the map');
    const unsorted = decodeServicesRequest(fromHex('07 02 02 6364 00 02 6162 01 78'));
    expect(unsorted).toEqual({ type: 'set-attributes', attributes: { cd: '', ab: 'x' } });
    const tooMany = Array.from({ length: 129 }, (_, i) => `03 ${toHex(Buffer.from(String(100 + i)))} 00`);
    expect(() => decodeServicesRequest(fromHex(`07 8101 ${tooMany.join(' ')}`))).toThrow('more than 128');
    expect(() => decodeServicesRequest(fromHex('07 ffffffff0f'))).toThrow('do not fit');
  });

  it('keep an attribute that is called like a part of every object', () => {
    const attributes = Object.fromEntries([['__proto__', 'x']]);
    const back = decodeServicesRequest(encodeServicesRequest({ type: 'set-attributes', attributes }));
    expect(back.type === 'set-attributes' && Object.entries(back.attributes)).toEqual([['__proto__', 'x']]);
  });

  it('have ids of 16 bytes', () => {
    expect(() => encodeServicesRequest({ type: 'ping', id: new Uint8Array(15) })).toThrow('16 belong');
    expect(() => encodePong(new Uint8Array(17))).toThrow('16 belong');
    expect(() => decodePong(new Uint8Array(17))).toThrow('left over');
    expect(() => decodeServicesRequest(fromHex('01 0f'))).toThrow('put-metrics.sessionId at offset 1');
  });
});

describe('results', () => {
  it('go there and back', () => {
    holds(
      fc.property(arbitrary.failure, arbitrary.report, (error, report) => {
        expect(plain(decodeUnitResult(encodeUnitResult(err(error))))).toEqual(plain(err(error)));
        expect(plain(decodeReportResult(encodeReportResult(err(error))))).toEqual(plain(err(error)));
        const ok = { ok: true as const, value: report };
        expect(decodeReportResult(encodeReportResult(ok))).toEqual(ok);
      }),
      { numRuns: 50 },
    );
    expect(decodeUnitResult(fromHex('00'))).toEqual({ ok: true, value: undefined });
  });

  it('keep the number of a failure from a newer peer, and never send one', () => {
    for (const hex of ['0105', '01 05 05 68656c6c6f']) {
      expect(decodeUnitResult(fromHex(hex))).toEqual(err({ kind: 'unknown', variant: 5 }));
    }
    expect(() => encodeUnitResult(err({ kind: 'unknown', variant: 5 }))).toThrow('only known failures');
  });

  it('are Ok or Err', () => {
    expect(() => decodeUnitResult(fromHex('02'))).toThrow('result at offset 0');
    expect(() => decodeUnitResult(fromHex('0000'))).toThrow('left over');
    expect(() => decodeReportResult(fromHex('00'))).toThrow('value.endpointId at offset 1');
  });
});

describe('frames', () => {
  const tooLarge = expect.objectContaining({ code: 'ERR_MESSAGE_TOO_LARGE' });

  it('say how long the body is', () => {
    holds(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (body) => {
        const frame = encodeFrame(body);
        const header = readFrameLength(frame);
        expect(header?.length).toBe(body.length);
        expect(frame.subarray(header?.headerSize)).toEqual(body);
      }),
      { numRuns: 30 },
    );
  });

  it('wait for the rest of their length', () => {
    expect(readFrameLength(new Uint8Array())).toBeNull();
    expect(readFrameLength(fromHex('80'))).toBeNull();
    expect(readFrameLength(fromHex('ffff'))).toBeNull();
    const decoder = new FrameLengthDecoder();
    expect([0x80, 0x80, 0x01].map((byte) => decoder.push(byte))).toEqual([null, null, 16384]);
  });

  it('have at most 16 MiB', () => {
    const largest = encodeFrame(new Uint8Array(MAX_MESSAGE_SIZE));
    expect(readFrameLength(largest)).toEqual({ length: MAX_MESSAGE_SIZE, headerSize: 4 });
    expect(() => encodeFrame(new Uint8Array(MAX_MESSAGE_SIZE + 1))).toThrow(tooLarge);
    expect(() => readFrameLength(fromHex('81808008'))).toThrow(tooLarge);
    expect(() => readFrameLength(fromHex('ffffffffffffffffff01'))).toThrow(tooLarge);
    expect(() => readFrameLength(fromHex('80808080'))).toThrow(tooLarge);
    expect(() => readFrameLength(fromHex('11'), 16)).toThrow(tooLarge);
    expect(readFrameLength(fromHex('10'), 16)?.length).toBe(16);
  });

  it('have a minimal length', () => {
    expect(() => readFrameLength(fromHex('8000'))).toThrow('not minimal');
  });
});
