/** There are too few bytes, or they have a wrong form. Callers say in which protocol. */
export class DecodeError extends Error {
  override name = 'DecodeError';
}

/** Reads big-endian fields from bytes that a stranger sent. Never reads past the end; copies nothing. */
export class Reader {
  readonly #bytes: Buffer;
  #position = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#position;
  }

  get left(): number {
    return this.#bytes.length - this.#position;
  }

  bytes(length: number): Buffer {
    const start = this.#position;
    if (length < 0 || length > this.left)
      throw new DecodeError(`${length} bytes expected, ${this.left} left`);
    this.#position += length;
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Buffer {
    return this.bytes(this.left);
  }

  u8(): number {
    return this.bytes(1).readUInt8();
  }

  u16(): number {
    return this.bytes(2).readUInt16BE();
  }

  u24(): number {
    return this.bytes(3).readUIntBE(0, 3);
  }

  u32(): number {
    return this.bytes(4).readUInt32BE();
  }

  /** RFC 8446 §3.4: a vector whose length is written before it in this many bytes. */
  vector(lengthBytes: 1 | 2 | 3): Buffer {
    return this.bytes(lengthBytes === 1 ? this.u8() : lengthBytes === 2 ? this.u16() : this.u24());
  }

  /** A variable-length integer of RFC 9000 §16: up to 62 bits. */
  varint(): bigint {
    const prefix = this.u8();
    let value = BigInt(prefix & 0x3f);
    for (const byte of this.bytes((1 << (prefix >> 6)) - 1)) value = (value << 8n) | BigInt(byte);
    return value;
  }

  /** The same as a number; a larger value than a number can hold makes no sense here. */
  varintNumber(): number {
    const value = this.varint();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DecodeError('an absurdly large number');
    return Number(value);
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) throw new DecodeError(`${this.left} bytes too many`);
  }
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 8446 §3.4, the writing side. */
export function vector(lengthBytes: 1 | 2 | 3, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(body.length, 0, lengthBytes);
  return Buffer.concat([length, body]);
}

/** RFC 9000 §16 in the shortest form. */
export function varint(value: number | bigint): Buffer {
  const wide = BigInt(value);
  const size = wide < 0x40n ? 0 : wide < 0x4000n ? 1 : wide < 0x4000_0000n ? 2 : 3;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(wide);
  const short = bytes.subarray(8 - (1 << size));
  short.writeUInt8(short.readUInt8() | (size << 6));
  return short;
}
