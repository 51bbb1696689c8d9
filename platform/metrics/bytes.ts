/** Numbers as few bytes. */

/** Decimal places that {@link ByteWriter.float} knows; bounds and sums have seldom more. */
const MAX_PLACES = 9;
/** Says that eight bytes of IEEE 754 follow. */
const WHOLE_FLOAT = MAX_PLACES + 1;
/** Below it a number is faster than a bigint. */
const SAFE = 2 ** 53;

/** Writes numbers one after another. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  base64(): string {
    // Without the padding, which says nothing.
    return this.#bytes.toString('base64', 0, this.#length).replace(/={1,2}$/, '');
  }

  /** A safe integer of 0 or more, as a varint. */
  count(value: number): this {
    this.#reserve(8);
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
    return this;
  }

  /** 0 or more, of any size, as a varint. */
  natural(value: bigint): this {
    if (value < SAFE) return this.count(Number(value));
    let rest = value;
    while (rest > 0x7fn) {
      this.#reserve(2);
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  /** Of any size: 0, -1, 1, -2, 2 and so on become 0, 1, 2, 3, 4. */
  signed(value: bigint): this {
    return this.natural(value < 0n ? -2n * value - 1n : 2n * value);
  }

  /** Every bit of it, except that there is one NaN. Few decimal places make few bytes. */
  float(value: number): this {
    const places = placesOf(value);
    this.count(places);
    if (places < WHOLE_FLOAT) return this.signed(BigInt(Math.round(value * 10 ** places)));
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
    return this;
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Of a number: far more than a sum of 64-bit numbers has. Each byte of a longer one would take longer than the one before. */
const MAX_BITS = 1024n;

/** Reads what {@link ByteWriter} wrote. All throw a RangeError at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  count(): number {
    const value = this.natural();
    if (value >= SAFE) throw new RangeError('too large a count');
    return Number(value);
  }

  natural(): bigint {
    let value = 0;
    for (let factor = 1; factor < SAFE / 0x80; factor *= 0x80) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return BigInt(value);
    }
    let large = BigInt(value);
    for (let shift = 49n; shift < MAX_BITS; shift += 7n) {
      const byte = this.#byte();
      large |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return large;
    }
    throw new RangeError('too large a number');
  }

  signed(): bigint {
    const value = this.natural();
    return value % 2n === 0n ? value / 2n : -(value + 1n) / 2n;
  }

  /** Passes over so many numbers of {@link natural} or {@link signed}. */
  skip(numbers: number): void {
    for (let rest = numbers; rest > 0; ) if (this.#byte() < 0x80) rest -= 1;
  }

  skipFloat(): void {
    if (this.count() < WHOLE_FLOAT) this.skip(1);
    else this.#offset += 8;
  }

  float(): number {
    const places = this.count();
    if (places < WHOLE_FLOAT) return Number(this.signed()) / 10 ** places;
    const value = this.#bytes.readDoubleLE(this.#offset);
    this.#offset += 8;
    return value;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new RangeError('the bytes end too early');
    this.#offset += 1;
    return byte;
  }
}

/** The fewest decimal places with which a number comes back as it was; {@link WHOLE_FLOAT} when they do not do. */
function placesOf(value: number): number {
  if (!Number.isFinite(value) || Object.is(value, -0)) return WHOLE_FLOAT;
  for (let places = 0; places <= MAX_PLACES; places += 1) {
    const whole = Math.round(value * 10 ** places);
    if (!Number.isSafeInteger(whole)) return WHOLE_FLOAT;
    if (whole / 10 ** places === value) return places;
  }
  return WHOLE_FLOAT;
}
