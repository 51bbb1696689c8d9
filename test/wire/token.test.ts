import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Capability, Caps, relayAuthToken, Token } from '../../lib/wire/index.js';
import { PostcardWriter } from '../../lib/wire/postcard-writer.js';
import { capability, caps as capsArbitrary, token as tokenArbitrary } from './arbitraries.js';
import { fromHex, holds, keyOf, toHex } from './support.js';

const issuer = keyOf(9);
const audience = keyOf(21).id;
const CONTEXT = new TextEncoder().encode('rcan-1-delegation');
const concat = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts));

/** A token whose capabilities and end are these bytes, signed over `signedTail` (default: the same). */
const handMade = (tail: string, signedTail = tail): Uint8Array => {
  const head = fromHex(`20${issuer.id}20${audience}00`);
  return concat(head, fromHex(tail), issuer.sign(concat(CONTEXT, head, fromHex(signedTail))));
};

describe('capabilities', () => {
  const ALL: Capability[] = [
    'all',
    'client',
    'relay:use',
    'metrics:put-any',
    'net-diagnostics:put-any',
    'net-diagnostics:get-any',
  ];

  it('permit by the table of the protocol', () => {
    for (const held of ALL) {
      for (const needed of ALL) {
        const expected = held === 'all' || held === needed || (held === 'client' && needed !== 'all');
        expect(Caps.of(held).permits(Caps.of(needed)), `${held} permits ${needed}`).toBe(expected);
      }
    }
  });

  it('permit the empty set always, and a set when each of its members is permitted', () => {
    expect(Caps.of().permits(Caps.of())).toBe(true);
    expect(Caps.of().permits(Caps.of('relay:use'))).toBe(false);
    expect(Caps.of('relay:use').permits(Caps.of())).toBe(true);
    expect(Caps.of('relay:use', 'metrics:put-any').permits(Caps.of('metrics:put-any', 'relay:use'))).toBe(
      true,
    );
    expect(Caps.of('relay:use').permits(Caps.of('relay:use', 'metrics:put-any'))).toBe(false);
  });

  it('permit themselves and each part of themselves', () => {
    holds(
      fc.property(capsArbitrary, capability, (caps, extra) => {
        expect(caps.permits(caps)).toBe(true);
        expect(Caps.of(...caps.toStrings(), extra).permits(caps)).toBe(true);
      }),
    );
  });

  it('are sorted, without repetitions, and readable everywhere', () => {
    const caps = Caps.parse(['net-diagnostics:get-any', 'client', 'client']);
    expect(caps.toStrings()).toEqual(['client', 'net-diagnostics:get-any']);
    expect(JSON.stringify(caps)).toBe('["client","net-diagnostics:get-any"]');
    expect(inspect(caps)).toBe('Caps(client, net-diagnostics:get-any)');
  });

  it('refuse names that are none', () => {
    for (const name of ['', 'Client', 'relay', 'relay:use ', 'constructor']) {
      expect(() => Caps.parse([name])).toThrow('unknown capability');
    }
  });
});

describe('tokens', () => {
  it('go there and back in both forms', () => {
    holds(
      fc.property(tokenArbitrary, (token) => {
        for (const back of [Token.decode(token.encode()), Token.decodeStandalone(token.encodeStandalone())]) {
          expect({ ...back, caps: back.caps.toStrings() }).toEqual({
            ...token,
            caps: token.caps.toStrings(),
          });
          expect(back.encode()).toEqual(token.encode());
        }
      }),
      { numRuns: 50 },
    );
  });

  it('are valid up to and including the second they name', () => {
    const token = Token.issue({ issuer, audience, caps: Caps.of(), expiresAt: 1000 });
    expect([999, 1000, 1000.9].map((now) => token.isExpired(now))).toEqual([false, false, false]);
    expect([1001, Number.POSITIVE_INFINITY, Number.NaN].map((now) => token.isExpired(now))).toEqual([
      true,
      true,
      true,
    ]);
    const forever = Token.issue({ issuer, audience, caps: Caps.of(), expiresAt: null });
    expect(forever.isExpired(Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it('take capabilities in any order when the signature covers the sorted form, as rcan does', () => {
    const token = Token.decode(handMade('00 02 0401 01 00', '00 02 01 0401 00'));
    expect(token.caps.toStrings()).toEqual(['client', 'net-diagnostics:get-any']);
    expect(() => Token.decode(handMade('00 02 0401 01 00'))).toThrow("not its issuer's");
  });

  it.each([
    ['a capability twice', '00 02 01 01 00', 'caps[1] at offset 70: client stands in the set twice'],
    ['an unknown capability', '00 01 05 00', 'unknown capability 5'],
    ['an unknown part of one', '00 01 0402 00', 'unknown capability 4.2'],
    ['an unknown version of the set', '01 01 01 00', 'unknown version 1'],
    ['an unknown kind of end', '00 01 01 02', 'expires'],
    ['an end that is not minimal', '00 01 01 01 8000', 'not minimal'],
    ['an end beyond safe integers', '00 01 01 01 ffffffffffffffffff01', 'expires'],
    ['more capabilities than bytes', '00 ffffffff0f 01 00', 'do not fit'],
  ])('refuse %s', (_name, tail, message) => {
    expect(() => Token.decode(handMade(tail))).toThrow(
      expect.objectContaining({ code: 'ERR_WIRE_DECODE', message: expect.stringContaining(message) }),
    );
  });

  it('refuse a small-order issuer, audience or root, whatever the signature', () => {
    const identity = fromHex(`01${'00'.repeat(31)}`);
    const refused = expect.objectContaining({
      code: 'ERR_TOKEN_INVALID',
      message: expect.stringContaining('small order'),
    });
    const build = (issuerKey: string, audienceKey: string, origin: string) =>
      concat(fromHex(`20${issuerKey}20${audienceKey}${origin}000101 00`), identity, new Uint8Array(32));
    expect(() => Token.decode(build(toHex(identity), audience, '00'))).toThrow(refused);
    expect(() => Token.decode(build(issuer.id, toHex(identity), '00'))).toThrow(refused);
    expect(() => Token.decode(build(issuer.id, audience, `0120${toHex(identity)}`))).toThrow(refused);
    expect(() => Token.decode(build(issuer.id, audience, '00'))).toThrow("not its issuer's");
  });

  it('refuse a signature by another key, another context, another version', () => {
    const token = Token.issue({ issuer, audience, caps: Caps.of('client'), expiresAt: 1 });
    const payload = token.encode().slice(0, -64);
    const invalid = expect.objectContaining({ code: 'ERR_TOKEN_INVALID' });
    expect(() => Token.decode(concat(payload, keyOf(21).sign(concat(CONTEXT, payload))))).toThrow(invalid);
    expect(() => Token.decode(concat(payload, issuer.sign(payload)))).toThrow(invalid);
    expect(() => Token.decodeStandalone(concat(Uint8Array.of(2), token.encode()))).toThrow('token version 2');
    expect(() => Token.decodeStandalone(new Uint8Array())).toThrow('version at offset 0');
  });

  it('cannot be made by hand or changed', () => {
    const token = Token.issue({ issuer, audience, caps: Caps.of('client'), expiresAt: 1 });
    expect(() => Reflect.construct(Token, [Symbol('verified'), { ...token }, token.encode()])).toThrow(
      'Token.issue',
    );
    expect(() => Object.assign(token, { expiresAt: 2 })).toThrow(TypeError);
    expect(() => Object.assign(token.origin, { kind: 'delegation' })).toThrow(TypeError);
    token.encode().fill(0);
    expect(Token.decode(token.encode()).expiresAt).toBe(1);
  });

  it('show what they say, not their signature', () => {
    const token = Token.issue({ issuer, audience, caps: Caps.of('client'), expiresAt: 1 });
    const signature = toHex(token.encode().slice(-64));
    for (const shown of [inspect(token), String(token), JSON.stringify(token)]) {
      expect(shown).toContain(issuer.id);
      expect(shown).not.toContain(signature.slice(0, 16));
    }
  });

  it('refuse an expiry that is no whole number of seconds', () => {
    for (const expiresAt of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => Token.issue({ issuer, audience, caps: Caps.of(), expiresAt })).toThrow(
        expect.objectContaining({ code: 'ERR_WIRE_ENCODE' }),
      );
    }
  });

  it('for a relay are base32 of the stand-alone form', () => {
    const token = Token.issue({ issuer, audience, caps: Caps.of('relay:use'), expiresAt: 1 });
    // 01 20 fd…: the version and the length of the first key come first.
    expect(relayAuthToken(token)).toMatch(/^aeqp2[a-z2-7]+$/);
    expect(toHex(token.encode())).toContain(
      toHex(new PostcardWriter().raw(fromHex('00010200 0101'), 'x').finish()),
    );
  });
});
