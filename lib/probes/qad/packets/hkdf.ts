import { createHmac } from 'node:crypto';
import { u16, vector } from '../bytes.js';

/** Length of SHA-256's output, hence of all secrets. */
export const HASH_BYTES = 32;

export function hmacSha256(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

/** HKDF-Extract (RFC 5869 §2.2) with SHA-256. */
export function extract(salt: Uint8Array, input: Uint8Array): Buffer {
  return hmacSha256(salt, input);
}

/** HKDF-Expand-Label (RFC 8446 §7.1) with SHA-256, for one block of output: at most 32 bytes. */
export function expandLabel(secret: Uint8Array, label: string, context: Uint8Array, length: number): Buffer {
  const info = Buffer.concat([u16(length), vector(1, Buffer.from(`tls13 ${label}`)), vector(1, context)]);
  return hmacSha256(secret, Buffer.concat([info, Buffer.of(1)])).subarray(0, length);
}
