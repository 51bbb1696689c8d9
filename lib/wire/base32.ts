/** Base32 (RFC 4648 alphabet, no padding), written in lower case like iroh's tickets. */

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const VALUES = new Map(
  [...ALPHABET].flatMap((char, value) => [
    [char, value] as const,
    // ASCII only: String.prototype.toLowerCase would also fold the Kelvin sign to k.
    [char.toUpperCase(), value] as const,
  ]),
);

export function encodeBase32(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[pending >> bits];
      pending &= (1 << bits) - 1;
    }
  }
  if (bits > 0) text += ALPHABET[pending << (5 - bits)];
  return text;
}

/** The bytes; null for a wrong character, an impossible length, or left-over bits that are not 0. */
export function decodeBase32(text: string): Uint8Array | null {
  // With 1, 3 or 6 characters after a multiple of 8, the last character would not complete a byte.
  if ([1, 3, 6].includes(text.length % 8)) return null;
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let length = 0;
  let bits = 0;
  let pending = 0;
  for (const char of text) {
    const value = VALUES.get(char);
    if (value === undefined) return null;
    pending = (pending << 5) | value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[length++] = pending >> bits;
    pending &= (1 << bits) - 1;
  }
  return pending === 0 ? bytes : null;
}
