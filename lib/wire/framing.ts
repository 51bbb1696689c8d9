import { NetDiagnosticsError } from '../errors.js';
import { PostcardWriter } from './postcard-writer.js';
import { WireError } from './wire-error.js';

/** Longest body of a message, in bytes (irpc's limit). */
export const MAX_MESSAGE_SIZE = 16 * 1024 * 1024;

/** Longest length prefix: four varint bytes hold 2^28 - 1, more than {@link MAX_MESSAGE_SIZE}. */
export const MAX_FRAME_HEADER_SIZE = 4;

/**
 * A message as it is sent over a stream: its length as a varint, then the body.
 * @throws NetDiagnosticsError `ERR_MESSAGE_TOO_LARGE`
 */
export function encodeFrame(body: Uint8Array): Uint8Array {
  if (body.length > MAX_MESSAGE_SIZE) throw tooLarge(MAX_MESSAGE_SIZE);
  return new PostcardWriter().byteString(body, 'frame').finish();
}

/** Reads the length prefix of one message byte by byte, as the bytes arrive. Use a new one for each message. */
export class FrameLengthDecoder {
  readonly #maxSize: number;
  #value = 0;
  #bytes = 0;

  /** @param maxSize - longest body to accept, in bytes */
  constructor(maxSize: number = MAX_MESSAGE_SIZE) {
    this.#maxSize = Math.min(maxSize, MAX_MESSAGE_SIZE);
  }

  /**
   * @returns the length of the body, or null when the prefix is not complete yet
   * @throws {@link WireError} for a prefix that is not minimal
   * @throws NetDiagnosticsError `ERR_MESSAGE_TOO_LARGE` for a body above the limit
   */
  push(byte: number): number | null {
    this.#value += (byte & 0x7f) * 2 ** (7 * this.#bytes);
    this.#bytes += 1;
    if (byte >= 0x80) {
      if (this.#bytes === MAX_FRAME_HEADER_SIZE) throw tooLarge(this.#maxSize);
      return null;
    }
    if (byte === 0 && this.#bytes > 1) throw new WireError('frame.length', 0, 'the varint is not minimal');
    if (this.#value > this.#maxSize) throw tooLarge(this.#maxSize);
    return this.#value;
  }
}

/**
 * Reads the length prefix at the start of `bytes`.
 * @returns the body's length and where it begins, or null when the prefix is not complete yet
 * @throws as {@link FrameLengthDecoder.push}
 */
export function readFrameLength(
  bytes: Uint8Array,
  maxSize: number = MAX_MESSAGE_SIZE,
): { length: number; headerSize: number } | null {
  const decoder = new FrameLengthDecoder(maxSize);
  for (const [index, byte] of bytes.subarray(0, MAX_FRAME_HEADER_SIZE).entries()) {
    const length = decoder.push(byte);
    if (length !== null) return { length, headerSize: index + 1 };
  }
  return null;
}

function tooLarge(maxSize: number): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_MESSAGE_TOO_LARGE', `A message may have at most ${maxSize} bytes.`);
}
