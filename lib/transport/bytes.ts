/**
 * The one place that knows how the binding passes bytes: arrays of numbers up to 1.1, `Uint8Array` in a later
 * version. Each takes only its own kind, so what goes in follows the kind of what came out.
 */

/** Bytes as some version of the binding passes them. */
export type NativeBytes = number[] | Uint8Array;

/** Turns our bytes into the kind that the binding in use takes. */
export type BytesOut = (bytes: Uint8Array) => NativeBytes;

/** Bytes that came out of the binding. */
export function bytesIn(bytes: NativeBytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
}

/** @param sample - any bytes that the same binding gave out */
export function bytesOutLike(sample: NativeBytes): BytesOut {
  return sample instanceof Uint8Array ? (bytes) => bytes : (bytes) => Array.from(bytes);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An ALPN or a close reason as bytes. */
export function textToBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** An ALPN as text; bytes that are no UTF-8 become U+FFFD and so match no ALPN of ours. */
export function bytesToText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
