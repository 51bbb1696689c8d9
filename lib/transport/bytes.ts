/**
 * The only place that knows how the binding passes bytes: arrays of numbers up to version 1.1, `Uint8Array` in a later
 * one. Each version takes only its own kind, so we pass bytes in the kind that it gave us.
 */

/** Bytes as one of the binding's versions passes them. */
export type NativeBytes = number[] | Uint8Array;

/** Turns our bytes into the kind that the binding in use takes. */
export type BytesOut = (bytes: Uint8Array) => NativeBytes;

/** Bytes that the binding returned. */
export function bytesIn(bytes: NativeBytes): Uint8Array {
  return bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
}

/** @param sample - any bytes that the same binding returned */
export function bytesOutLike(sample: NativeBytes): BytesOut {
  return sample instanceof Uint8Array ? (bytes) => bytes : (bytes) => Array.from(bytes);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** An ALPN or a close reason as bytes. */
export function textToBytes(text: string): Uint8Array {
  return encoder.encode(text);
}

/** An ALPN as text. Bytes that are not UTF-8 become U+FFFD, so they match no ALPN of ours. */
export function bytesToText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
