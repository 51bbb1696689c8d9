import { createHash } from 'node:crypto';
import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  endpointIdFromBytes,
  endpointIdToBytes,
  parseEndpointId,
  SecretKey,
  shortId,
  verifySignature,
} from '../../lib/wire/index.js';
import { madeUpId } from '../support/ids.js';
import { secretKey } from './arbitraries.js';
import { fromHex, holds, keyOf, toHex } from './support.js';

const L = ed25519.Point.Fn.ORDER;
const P = ed25519.Point.Fp.ORDER;
const message = new TextEncoder().encode('a message');

const littleEndian = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0')).reverse();
const fromLittleEndian = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes.slice().reverse())}`);
const concat = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** What a verifier says that takes small order, as ZIP 215 does. */
const laxVerify = (key: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean =>
  ed25519.verify(signature, data, key, { zip215: true });

describe('endpoint ids', () => {
  it('are lower-case hex of the public key', () => {
    const { id } = keyOf(9);
    expect(id).toBe('fd1724385aa0c75b64fb78cd602fa1d991fdebf76b13c58ed702eac835e9f618');
    expect(parseEndpointId(id.toUpperCase())).toBe(id);
    expect(endpointIdFromBytes(endpointIdToBytes(id))).toBe(id);
    expect(shortId(id)).toBe('fd1724385a');
  });

  it.each(ED25519_TORSION_SUBGROUP)('refuses %s: small order', (hex) => {
    expect(() => parseEndpointId(hex)).toThrow('small order');
  });

  it('are the points that an independent implementation takes', () => {
    const isPoint = (bytes: Uint8Array) => {
      try {
        ed25519.Point.fromBytes(bytes, false);
        return !ED25519_TORSION_SUBGROUP.includes(toHex(bytes));
      } catch {
        return false;
      }
    };
    const isOurs = (bytes: Uint8Array) => {
      try {
        endpointIdFromBytes(bytes);
        return true;
      } catch {
        return false;
      }
    };
    // Around the ends of the field, with and without a sign, and anywhere in it: about half are points.
    const near = fc
      .tuple(
        fc.bigInt(-40n, 40n),
        fc.constantFrom(0n, P, (1n << 255n) - 1n, P / 2n),
        fc.constantFrom(0n, 1n << 255n),
      )
      .map(([offset, from, sign]) => littleEndian(((from + offset + P) % (1n << 255n)) | sign));
    const anywhere = fc.uint8Array({ minLength: 32, maxLength: 32 });
    holds(
      fc.property(fc.oneof(near, anywhere), (bytes) => {
        expect(isOurs(bytes)).toBe(isPoint(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses every form that is not canonical', () => {
    for (let y = 0n; y < 19n; y += 1n) {
      const form = littleEndian(P + y);
      expect(() => endpointIdFromBytes(form)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
      form[31] = (form[31] ?? 0) | 0x80;
      expect(() => endpointIdFromBytes(form)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
    }
    // y = 1 and y = -1 have x = 0, which has no sign.
    expect(() => parseEndpointId(`01${'00'.repeat(30)}80`)).toThrow('canonical');
  });

  it.each(['', 'ab', 'g'.repeat(64), `02${'00'.repeat(31)}`, ` ${keyOf(9).id}`, `${keyOf(9).id}00`])(
    'refuses %j',
    (text) => {
      expect(() => parseEndpointId(text)).toThrow(expect.objectContaining({ code: 'ERR_WIRE_DECODE' }));
    },
  );

  it('refuses other lengths', () => {
    expect(() => endpointIdFromBytes(new Uint8Array(31))).toThrow('32 bytes');
    expect(() => endpointIdToBytes(madeUpId('ab'))).toThrow('64 hex digits');
  });
});

describe('secret keys', () => {
  it('sign as RFC 8032 section 7.1 test 2 does', () => {
    const key = SecretKey.parse('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
    expect(key.id).toBe('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c');
    expect(toHex(key.sign(fromHex('72')))).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  it('sign as rcan 0.4 did (its own test of the encoding)', () => {
    const payload = concat(
      new TextEncoder().encode('rcan-1-delegation'),
      fromHex('203b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29'),
      fromHex('208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c000100'),
    );
    const signature =
      '54675ed0b6ba3a830fe24ec8523f776fa43001edfe4cc9e3bd639009a2058b1805de5e05958b46c03b423ed5d1c72acaab48a9f3bf8db2402c82295f085df404';
    expect(toHex(keyOf(0).sign(payload))).toBe(signature);
    expect(verifySignature(keyOf(0).id, payload, fromHex(signature))).toBe(true);
  });

  it('come from hex or base32, and back to bytes', () => {
    const seed = new Uint8Array(32).fill(9);
    const base32 = 'beeqscijbeeqscijbeeqscijbeeqscijbeeqscijbeeqscijbeeq';
    expect(SecretKey.parse('09'.repeat(32)).toBytes()).toEqual(seed);
    expect(SecretKey.parse(base32).toBytes()).toEqual(seed);
    expect(SecretKey.parse(base32.toUpperCase()).id).toBe(keyOf(9).id);
  });

  it.each(['', 'zz', '09'.repeat(31), `${'09'.repeat(32)} `, '1'.repeat(52), 'b'.repeat(52)])(
    'refuse %j without repeating it',
    (text) => {
      const refusal = { code: 'ERR_WIRE_DECODE', message: expect.not.stringMatching(/0909|1111|bbb|zz/) };
      expect(() => SecretKey.parse(text)).toThrow(expect.objectContaining(refusal));
    },
  );

  it('are not changed through the bytes they came from or gave out', () => {
    const seed = new Uint8Array(32).fill(9);
    const key = SecretKey.fromBytes(seed);
    seed.fill(1);
    key.toBytes().fill(2);
    expect(key.toBytes()).toEqual(new Uint8Array(32).fill(9));
    expect(key.id).toBe(keyOf(9).id);
  });
});

describe('verifySignature', () => {
  it('accepts what a key signed and nothing else', () => {
    holds(
      fc.property(secretKey, fc.uint8Array(), fc.nat(511), (key, data, bit) => {
        const signature = key.sign(data);
        expect(verifySignature(key.id, data, signature)).toBe(true);
        signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(verifySignature(key.id, data, signature)).toBe(false);
        expect(verifySignature(keyOf(9).id, data, key.sign(data))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses the forgery under the identity key that others take, node:crypto of Node 20 among them', () => {
    const identity = fromHex(`01${'00'.repeat(31)}`);
    const forgery = concat(identity, new Uint8Array(32));
    expect(laxVerify(identity, message, forgery)).toBe(true);
    expect(verifySignature(madeUpId(toHex(identity)), message, forgery)).toBe(false);

    // Under this key anyone's (S·B, S) fits any message, and R gives nothing away: S = 1, R = B.
    const subtle = concat(ed25519.Point.BASE.toBytes(), littleEndian(1n));
    expect(laxVerify(identity, message, subtle)).toBe(true);
    expect(verifySignature(madeUpId(toHex(identity)), message, subtle)).toBe(false);
  });

  it('refuses it under every other form of the identity, and under whatever else is no canonical point', () => {
    const forms = [...Array(19).keys()].map((offset) => toHex(littleEndian(P + BigInt(offset))));
    const signed = (hex: string) =>
      `${hex.slice(0, 62)}${(Number.parseInt(hex.slice(62), 16) | 0x80).toString(16)}`;
    const forgery = concat(ed25519.Point.BASE.toBytes(), littleEndian(1n));
    const weak = [...forms, ...ED25519_TORSION_SUBGROUP].flatMap((hex) => [hex, signed(hex)]);
    // y = 1 and y = p + 1, each with either sign.
    expect(weak.filter((hex) => laxVerify(fromHex(hex), message, forgery)).length).toBeGreaterThanOrEqual(4);
    for (const hex of weak) expect(verifySignature(madeUpId(hex), message, forgery), hex).toBe(false);
  });

  it('refuses S + L, and R of small order made by the holder of the key', () => {
    const key = keyOf(9);
    const signature = key.sign(message);
    const malleated = concat(
      signature.subarray(0, 32),
      littleEndian(fromLittleEndian(signature.slice(32)) + L),
    );
    expect(verifySignature(key.id, message, malleated)).toBe(false);

    const identity = fromHex(`01${'00'.repeat(31)}`);
    const publicKey = endpointIdToBytes(key.id);
    const { scalar } = ed25519.utils.getExtendedPublicKey(key.toBytes());
    const challenge = fromLittleEndian(
      createHash('sha512')
        .update(concat(identity, publicKey, message))
        .digest(),
    );
    const weak = concat(identity, littleEndian((challenge * scalar) % L));
    expect(laxVerify(publicKey, message, weak)).toBe(true);
    expect(verifySignature(key.id, message, weak)).toBe(false);
  });

  it('is false for another length and for what is no key', () => {
    const key = keyOf(9);
    for (const id of ['', 'ab', `${key.id}zz`, `02${'00'.repeat(31)}`]) {
      expect(verifySignature(madeUpId(id), message, key.sign(message))).toBe(false);
    }
    for (const size of [0, 63, 65]) {
      expect(verifySignature(key.id, message, new Uint8Array(size))).toBe(false);
    }
  });
});
