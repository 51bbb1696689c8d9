import { MAX_ITEMS_PER_MESSAGE, MAX_U16, MAX_U32, MAX_U64, MAX_VARINT_BYTES } from './limits.js';
import { WireError } from './wire-error.js';

// ignoreBOM keeps a leading U+FEFF. Without it, encoding the text again would not give the same bytes.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads postcard values strictly: every value has exactly one accepted encoding, and a length or a count is checked against
 * the bytes that are left before anything is allocated for it. Do not use a reader again after it has thrown.
 */
export class PostcardReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #scope: (string | number)[] = [];
  #offset = 0;
  #itemsLeft = MAX_ITEMS_PER_MESSAGE;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** The full path of a field, for errors. */
  path(field: string): string {
    let path = '';
    for (const part of [...this.#scope, field]) {
      if (typeof part === 'number') path += `[${part}]`;
      else if (part !== '') path += path === '' ? part : `.${part}`;
    }
    return path === '' ? 'message' : path;
  }

  fail(field: string, what: string, offset = this.#offset): never {
    throw new WireError(this.path(field), offset, what);
  }

  /** Puts `name` before the fields that `read` reads, for errors. */
  within<T>(name: string, read: () => T): T {
    this.#scope.push(name);
    const value = read();
    this.#scope.pop();
    return value;
  }

  u8(field: string): number {
    const value = this.#bytes[this.#offset];
    if (value === undefined) this.fail(field, 'the input ends here');
    this.#offset += 1;
    return value;
  }

  bool(field: string): boolean {
    const start = this.#offset;
    const value = this.u8(field);
    if (value > 1) this.fail(field, `a bool or option tag is 0 or 1, not ${value}`, start);
    return value === 1;
  }

  u16(field: string): number {
    return this.#number(field, MAX_U16);
  }

  u32(field: string): number {
    return this.#number(field, MAX_U32);
  }

  /** A u64 that is a safe integer. */
  uint(field: string): number {
    return this.#number(field, Number.MAX_SAFE_INTEGER);
  }

  u64(field: string): bigint {
    const start = this.#offset;
    let value = 0n;
    for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
      const byte = this.u8(field);
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte >= 0x80) continue;
      if (byte === 0 && index > 0) this.fail(field, 'the varint is not minimal', start);
      if (value > MAX_U64) break;
      return value;
    }
    return this.fail(field, 'the varint does not fit 64 bits', start);
  }

  i64(field: string): bigint {
    const value = this.u64(field);
    return (value >> 1n) ^ -(value & 1n);
  }

  f64(field: string): number {
    this.#need(field, 8);
    const value = this.#view.getFloat64(this.#offset, true);
    this.#offset += 8;
    return value;
  }

  /** The variant of an enum. */
  variant(field: string): number {
    return this.#number(field, MAX_U32);
  }

  /** `size` raw bytes, copied. */
  raw(field: string, size: number): Uint8Array {
    this.#need(field, size);
    const start = this.#offset;
    this.#offset += size;
    return this.#bytes.slice(start, this.#offset);
  }

  /** A length, which must be `size`, then the bytes. */
  sizedRaw(field: string, size: number): Uint8Array {
    const start = this.#offset;
    const length = this.u64(field);
    if (length !== BigInt(size)) this.fail(field, `the length is ${length}, not ${size}`, start);
    return this.raw(field, size);
  }

  /** A length, then the bytes; at most `maxLength` of them. */
  byteString(field: string, maxLength = Number.POSITIVE_INFINITY): Uint8Array {
    const start = this.#offset;
    const length = this.u64(field);
    if (length > BigInt(this.remaining)) {
      this.fail(field, `the length ${length} runs past the input (${this.remaining} bytes left)`, start);
    }
    if (Number(length) > maxLength) this.fail(field, `longer than ${maxLength} bytes`, start);
    return this.raw(field, Number(length));
  }

  str(field: string, maxLength?: number): string {
    const start = this.#offset;
    const bytes = this.byteString(field, maxLength);
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail(field, 'the text is not UTF-8', start);
    }
  }

  option<T>(field: string, read: () => T): T | null {
    return this.bool(field) ? read() : null;
  }

  /**
   * A count, then that many items.
   * @param minItemSize - bytes of the shortest item; more items than fit the bytes left are refused before any is read
   */
  seq<T>(field: string, minItemSize: number, read: () => T): T[] {
    const start = this.#offset;
    const count = this.u64(field);
    if (count * BigInt(minItemSize) > BigInt(this.remaining)) {
      this.fail(field, `${count} items do not fit the ${this.remaining} bytes left`, start);
    }
    this.#itemsLeft -= Number(count);
    if (this.#itemsLeft < 0)
      this.fail(field, `more than ${MAX_ITEMS_PER_MESSAGE} items in one message`, start);
    const items: T[] = [];
    this.#scope.push(field);
    for (let index = 0; index < Number(count); index += 1) {
      this.#scope.push(index);
      items.push(read());
      this.#scope.pop();
    }
    this.#scope.pop();
    return items;
  }

  /** Skips all bytes that are left, when their shape is not known. */
  skipRest(): void {
    this.#offset = this.#bytes.length;
  }

  /** Checks the end of the message: no bytes may be left. */
  end(): void {
    if (this.remaining > 0) this.fail('', `${this.remaining} bytes are left over at the end`);
  }

  #number(field: string, max: number): number {
    const start = this.#offset;
    const value = this.u64(field);
    if (value > BigInt(max)) this.fail(field, `${value} is above ${max}`, start);
    return Number(value);
  }

  #need(field: string, size: number): void {
    if (size > this.remaining) this.fail(field, `needs ${size} bytes, ${this.remaining} are left`);
  }
}

/** Decodes a whole message with `read`; no bytes may be left over. */
export function decodeWhole<T>(bytes: Uint8Array, read: (reader: PostcardReader) => T): T {
  const reader = new PostcardReader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}
