import { MAX_I64, MAX_U16, MAX_U32, MAX_U64, MIN_I64 } from './limits.js';
import { encodeError } from './wire-error.js';

const utf8 = new TextEncoder();
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Writes postcard values (https://postcard.jamesmunns.com/wire-format) one after another. */
export class PostcardWriter {
  #buffer = new Uint8Array(128);
  #length = 0;

  /** A copy of all that was written. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  u8(value: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value > 0xff) throw encodeError(field, 'not a u8');
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
    return this;
  }

  bool(value: boolean): this {
    return this.u8(value ? 1 : 0, 'bool');
  }

  u16(value: number, field: string): this {
    return this.#varint(value, MAX_U16, field);
  }

  u32(value: number, field: string): this {
    return this.#varint(value, MAX_U32, field);
  }

  /** A u64 whose value is a safe integer. */
  uint(value: number, field: string): this {
    return this.#varint(value, Number.MAX_SAFE_INTEGER, field);
  }

  u64(value: bigint, field: string): this {
    if (value < 0n || value > MAX_U64) throw encodeError(field, 'not a u64');
    let rest = value;
    while (rest > 0x7fn) {
      this.u8(Number(rest & 0x7fn) | 0x80, field);
      rest >>= 7n;
    }
    return this.u8(Number(rest), field);
  }

  i64(value: bigint, field: string): this {
    if (value < MIN_I64 || value > MAX_I64) throw encodeError(field, 'not an i64');
    return this.u64(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)), field);
  }

  f64(value: number): this {
    this.#reserve(8);
    new DataView(this.#buffer.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  /** The variant of an enum. */
  variant(value: number): this {
    return this.#varint(value, MAX_U32, 'variant');
  }

  /** Raw bytes without a length; with `size`, exactly that many. */
  raw(bytes: Uint8Array, field: string, size = bytes.length): this {
    if (bytes.length !== size) throw encodeError(field, `${bytes.length} bytes where ${size} belong`);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** A length, then the bytes. */
  byteString(bytes: Uint8Array, field: string): this {
    return this.uint(bytes.length, field).raw(bytes, field);
  }

  str(text: string, field: string): this {
    // TextEncoder would silently write U+FFFD, and the reader would see a different text.
    if (LONE_SURROGATE.test(text)) throw encodeError(field, 'the text has a lone surrogate');
    return this.byteString(utf8.encode(text), field);
  }

  option<T>(value: T | null, write: (value: T) => void): this {
    this.bool(value !== null);
    if (value !== null) write(value);
    return this;
  }

  seq<T>(items: readonly T[], field: string, write: (item: T) => void): this {
    this.uint(items.length, field);
    for (const item of items) write(item);
    return this;
  }

  #varint(value: number, max: number, field: string): this {
    if (!Number.isInteger(value) || value < 0 || value > max) {
      throw encodeError(field, `not a whole number from 0 to ${max}`);
    }
    let rest = value;
    while (rest > 0x7f) {
      this.u8((rest % 0x80) | 0x80, field);
      // Division, not a shift: shifts would cut the value to 32 bits.
      rest = Math.floor(rest / 0x80);
    }
    return this.u8(rest, field);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}
