import { MAX_CRYPTO_BYTES, MAX_CRYPTO_PIECES } from '../constants.js';
import { protocolError, TransportError } from '../qad-error.js';

/** Puts CRYPTO frames of one encryption level in order (RFC 9000 §7.5). Holds a bounded number of bytes. */
export class CryptoReceiver {
  #delivered = 0;
  /** Pieces beyond a gap, by offset. */
  readonly #early = new Map<number, Buffer>();

  /**
   * @returns the bytes that are in order now and were not returned before
   * @throws `QAD_PROTOCOL` with CRYPTO_BUFFER_EXCEEDED
   */
  take(offset: number, data: Buffer): Buffer {
    if (offset + data.length > MAX_CRYPTO_BYTES) throw exceeded();
    if (offset > this.#delivered) {
      this.#keep(offset, data);
      return Buffer.alloc(0);
    }
    const ready: Buffer[] = [];
    this.#deliver(offset, data, ready);
    for (let next = this.#nextEarly(); next !== null; next = this.#nextEarly()) {
      this.#deliver(next.offset, next.data, ready);
    }
    return Buffer.concat(ready);
  }

  #keep(offset: number, data: Buffer): void {
    if ((this.#early.get(offset)?.length ?? -1) >= data.length) return;
    if (this.#early.size >= MAX_CRYPTO_PIECES) throw exceeded();
    // A copy: the datagram around it need not stay.
    this.#early.set(offset, Buffer.from(data));
  }

  #deliver(offset: number, data: Buffer, ready: Buffer[]): void {
    const known = this.#delivered - offset;
    if (data.length <= known) return;
    ready.push(data.subarray(known));
    this.#delivered = offset + data.length;
  }

  #nextEarly(): { offset: number; data: Buffer } | null {
    for (const [offset, data] of this.#early) {
      if (offset > this.#delivered) continue;
      this.#early.delete(offset);
      return { offset, data };
    }
    return null;
  }
}

function exceeded() {
  return protocolError(
    'more handshake data than any honest server sends',
    TransportError.CRYPTO_BUFFER_EXCEEDED,
  );
}
