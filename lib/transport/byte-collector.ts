import { CHUNK_SIZE } from './constants.js';

/**
 * Collects bytes up to a length that a stranger announced. It grows with the bytes that have arrived, never with the
 * announced length. It is one buffer, so that a body sent byte by byte costs no object per byte.
 */
export class ByteCollector {
  readonly #limit: number;
  #buffer: Uint8Array;
  #length = 0;

  /** @param limit - the most bytes that will be pushed */
  constructor(limit: number) {
    this.#limit = limit;
    this.#buffer = new Uint8Array(Math.min(limit, CHUNK_SIZE));
  }

  get length(): number {
    return this.#length;
  }

  push(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(length, this.#buffer.length * 2)));
      grown.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = grown;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** All bytes pushed so far. */
  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }
}
