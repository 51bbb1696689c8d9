import { DecodeError, Reader } from '../bytes.js';

/** Tags of ITU-T X.690 that certificates use. */
export const Tag = {
  BOOLEAN: 0x01,
  INTEGER: 0x02,
  BIT_STRING: 0x03,
  OCTET_STRING: 0x04,
  OID: 0x06,
  UTC_TIME: 0x17,
  GENERALIZED_TIME: 0x18,
  SEQUENCE: 0x30,
  /** `[n]`, constructed. */
  CONTEXT: 0xa0,
} as const;

/** A value with its tag. `whole` includes tag and length. */
export interface Element {
  tag: number;
  value: Buffer;
  whole: Buffer;
}

/** Reads DER strictly: definite lengths in the shortest form, at most 64 KiB, tags of one byte. */
export class DerReader {
  readonly #bytes: Buffer;
  readonly #reader: Reader;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#reader = new Reader(bytes);
  }

  get isAtEnd(): boolean {
    return this.#reader.left === 0;
  }

  any(): Element {
    const start = this.#reader.position;
    const tag = this.#reader.u8();
    if ((tag & 0x1f) === 0x1f) throw new DecodeError('a tag of several bytes');
    const value = this.#reader.bytes(this.#length());
    return { tag, value, whole: this.#bytes.subarray(start, this.#reader.position) };
  }

  expect(tag: number): Element {
    const element = this.any();
    if (element.tag !== tag) throw new DecodeError(`tag ${tag} expected, ${element.tag} found`);
    return element;
  }

  /** Null, and nothing read, when the next element has another tag. */
  optional(tag: number): Element | null {
    const isNext = this.#reader.left > 0 && this.#bytes[this.#reader.position] === tag;
    return isNext ? this.any() : null;
  }

  /** The content of a SEQUENCE. */
  sequence(): DerReader {
    return new DerReader(this.expect(Tag.SEQUENCE).value);
  }

  end(): void {
    this.#reader.end();
  }

  #length(): number {
    const first = this.#reader.u8();
    if (first < 0x80) return first;
    const length = first === 0x81 ? this.#reader.u8() : first === 0x82 ? this.#reader.u16() : -1;
    if (length < (first === 0x81 ? 0x80 : 0x100)) throw new DecodeError('a length that is not DER');
    return length;
  }
}

/** Reads the elements of a SEQUENCE that is the whole of `bytes`. */
export function wholeSequence<T>(bytes: Buffer, read: (content: DerReader) => T): T {
  const outer = new DerReader(bytes);
  const content = outer.sequence();
  outer.end();
  const value = read(content);
  content.end();
  return value;
}

/** An object identifier as dotted text (X.690 §8.19). */
export function oidText(value: Buffer): string {
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of value) {
    if (arc === 0 && byte === 0x80) throw new DecodeError('an object identifier that is not DER');
    arc = arc * 128 + (byte & 0x7f);
    if (arc > 0xffff_ffff) throw new DecodeError('an absurd object identifier');
    if ((byte & 0x80) !== 0) continue;
    arcs.push(arc);
    arc = 0;
  }
  if (arcs.length === 0 || ((value.at(-1) ?? 0) & 0x80) !== 0)
    throw new DecodeError('a cut object identifier');
  const [first = 0, ...rest] = arcs;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - 40 * root, ...rest].join('.');
}

/** RFC 5280 §4.1.2.5: always UTC, always with seconds. In milliseconds since the epoch. */
export function timeMs({ tag, value }: Element): number {
  const text = value.toString('latin1');
  const isShort = tag === Tag.UTC_TIME;
  const match = (isShort ? /^(\d{2})(\d{10})Z$/ : /^(\d{4})(\d{10})Z$/).exec(text);
  if (match === null || (!isShort && tag !== Tag.GENERALIZED_TIME)) throw new DecodeError('a malformed time');
  const [, yearText = '', rest = ''] = match;
  const shortYear = Number(yearText);
  const year = !isShort ? shortYear : shortYear + (shortYear >= 50 ? 1900 : 2000);
  const parts = rest.match(/\d{2}/g) ?? [];
  const [month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${String(year).padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(ms)) throw new DecodeError('an impossible time');
  return ms;
}

/** A BOOLEAN's value. */
export function booleanValue(value: Buffer): boolean {
  if (value.length !== 1 || (value[0] !== 0 && value[0] !== 0xff))
    throw new DecodeError('a malformed boolean');
  return value[0] === 0xff;
}

/** A small INTEGER that is not negative. */
export function smallInteger(value: Buffer): number {
  const [first = 0x80, second = 0] = value;
  const isShortest = value.length === 1 || first !== 0 || second >= 0x80;
  if (value.length === 0 || value.length > 4 || first >= 0x80 || !isShortest) {
    throw new DecodeError('a malformed or absurd integer');
  }
  return value.readUIntBE(0, value.length);
}
