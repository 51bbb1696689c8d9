import { MAX_CHUNK_LINE_BYTES } from './constants.js';
import { UpnpError } from './upnp-error.js';

/** A body in chunks (RFC 9112, section 7.1), read as it arrives. Does not wait for trailers. */
export class ChunkedBody {
  readonly #take: (data: Buffer) => void;
  /** The unfinished line of a chunk's size, or the line end after its data. */
  #line = '';
  /** Bytes of the current chunk that are still to come. */
  #left = 0;
  /** Whether the next line is only the line end after a chunk's data. */
  #isAfterData = false;

  /** @param take - called with the data, piece by piece */
  constructor(take: (data: Buffer) => void) {
    this.#take = take;
  }

  /** @returns whether the last chunk came @throws UpnpError `BAD_HTTP` */
  add(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const data = bytes.subarray(at, at + this.#left);
        this.#take(data);
        this.#left -= data.length;
        this.#isAfterData = this.#left === 0;
        at += data.length;
        continue;
      }
      const feed = bytes.indexOf(0x0a, at);
      const end = feed === -1 ? bytes.length : feed;
      this.#line += bytes.toString('latin1', at, Math.min(end, at + MAX_CHUNK_LINE_BYTES + 1));
      if (this.#line.length > MAX_CHUNK_LINE_BYTES) throw bad();
      at = end + 1;
      if (feed !== -1 && this.#endLine()) return true;
    }
    return false;
  }

  /** @returns whether the line announced that nothing follows */
  #endLine(): boolean {
    const line = this.#line.trim();
    this.#line = '';
    if (this.#isAfterData) {
      if (line !== '') throw bad();
      this.#isAfterData = false;
      return false;
    }
    const size = /^([\da-f]{1,8})(?:\s*;.*)?$/i.exec(line)?.[1];
    if (size === undefined) throw bad();
    this.#left = Number.parseInt(size, 16);
    return this.#left === 0;
  }
}

function bad(): UpnpError {
  return new UpnpError('BAD_HTTP', 'the answer comes in chunks that are none');
}
