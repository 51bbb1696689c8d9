import { describe, expect, it } from 'vitest';
import { emailAddress, emailKeyOf, nameKeyOf, userName } from '../../../platform/people/names.js';

describe("a user's name", () => {
  it.each([
    ...[
      'ada',
      'Ada Lovelace',
      "O'Brien",
      'Jean-Luc',
      'J. R. R. (ops)',
      'user_1+x',
      '7',
      'Zoë',
      'Łukasz',
      'Ngũgĩ',
    ],
    ...[
      'Гагарин',
      'Γιώργος Σ',
      '山田太郎',
      '山田 Taro',
      'たろう',
      '김철수',
      'محمد',
      'נעמה',
      'आदित्य',
      'สมชาย',
    ],
  ])('may be %j', (name) => {
    expect(userName(name)).toBe(name);
  });

  it('is kept with single spaces and composed letters', () => {
    expect(userName('  Zoe\u0308 \u00a0 Bell\t')).toBe('Zoë Bell');
  });

  it.each([
    ...[
      '',
      ' ',
      '\u200b',
      '...',
      '---',
      'a@b',
      'a/b',
      '<b>',
      'a"b',
      'a\nb\u0000',
      'x'.repeat(61),
      // Each is eighteen letters when names are compared, and lists could not go on from such a one.
      '\ufdfa'.repeat(20),
      '😀',
      'a😀',
    ],
    // It would end a line, turn the rest round, hide, or stack marks over other lines.
    ...[
      'ada\u202eevil',
      'ada\u2066',
      'a\u200dda',
      'ad\u00ada',
      '\ufeffada',
      'a\ud800',
      'a\u2028b',
      '\u{e0061}da',
    ],
    // Letters of two alphabets that look alike, in one name.
    ...['аda', 'adа', 'Αda', 'раypal', 'ad\u0430 b', 'ｱда', 'Ꭺda', '𝐚da', 'ⓐda', '①'],
  ])('may not be %j', (name) => {
    expect(() => userName(name)).toThrow(expect.objectContaining({ reason: 'invalid', field: 'name' }));
  });

  it('is not folded to another one again and again: what is a key stays one', () => {
    // Each of the 1.1 million characters, 60 at a time, and pairs of those that fold to several.
    const changed: string[] = [];
    for (let code = 0; code < 0x110000; code += 1) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const one = nameKeyOf(String.fromCodePoint(code));
      if (nameKeyOf(one) !== one) changed.push(`U+${code.toString(16)}`);
    }
    expect(changed).toEqual([]);
  });

  it.each([
    ['Straße', 'STRASSE'],
    ['ﬁn', 'FIN'],
    ['Ⅷ', 'viii'],
    ['İ', 'i̇'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['\u212a', 'k'],
    ['ẞ', 'ss'],
    ['a\u00a0b', 'A b'],
  ])('%j is the same as %j', (one, other) => {
    expect(nameKeyOf(one)).toBe(nameKeyOf(other));
  });
});

describe('an e-mail address', () => {
  it.each(['a@b', "o'brien+x@mail.example.org", 'A.B@EXAMPLE.org'])('may be %s', (email) => {
    expect(emailAddress(` ${email} `)).toBe(email);
  });

  it.each([
    ...[
      '',
      'a',
      '@b',
      'a@',
      'a@b@c',
      'a b@c',
      'a@b c',
      'a@-b',
      'a@b.',
      'a@b\nc',
      `${'a'.repeat(65)}@b`,
      `a@${'b'.repeat(253)}`,
    ],
    // Folded to ASCII, or looking like it, they would be somebody else's.
    ...[
      'аda@example.org',
      'ada@exаmple.org',
      'ａda@example.org',
      'ada@example\u202e.org',
      '\u212a@example.org',
      'ı@example.org',
    ],
  ])('may not be %j', (email) => {
    expect(() => emailAddress(email)).toThrow(expect.objectContaining({ reason: 'invalid', field: 'email' }));
  });

  it('is the same in upper and lower case', () => {
    expect(emailKeyOf(' Ada@Example.ORG')).toBe('ada@example.org');
  });
});
