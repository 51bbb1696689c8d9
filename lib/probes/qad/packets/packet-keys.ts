import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { u16, vector } from '../bytes.js';
import { TAG_BYTES } from '../constants.js';

const NOTHING = Buffer.alloc(0);

/** RFC 9001 §5.2. */
const INITIAL_SALT = Buffer.from('38762cf7f55934b34d179ae6a4c80cadccbb7f0a', 'hex');

/** Both directions' secrets of one encryption level. */
export interface Secrets {
  client: Buffer;
  server: Buffer;
}

/** The secrets of Initial packets: they follow from the first destination connection id (RFC 9001 §5.2). */
export function initialSecrets(destinationId: Buffer): Secrets {
  const secret = extract(INITIAL_SALT, destinationId);
  return {
    client: expandLabel(secret, 'client in', NOTHING, HASH_BYTES),
    server: expandLabel(secret, 'server in', NOTHING, HASH_BYTES),
  };
}

/** One direction's packet protection with AEAD_AES_128_GCM (RFC 9001 §5.3 and §5.4). */
export class PacketKeys {
  readonly #secret: Buffer;
  readonly #key: Buffer;
  readonly #iv: Buffer;
  readonly #headerKey: Buffer;
  /** How often they were updated, modulo two: the key phase bit of short headers. */
  readonly phase: 0 | 1;

  /** @param before - the keys that they are an update of */
  constructor(secret: Buffer, before?: PacketKeys) {
    this.phase = before?.phase === 0 ? 1 : 0;
    this.#secret = secret;
    this.#key = expandLabel(secret, 'quic key', NOTHING, 16);
    this.#iv = expandLabel(secret, 'quic iv', NOTHING, 12);
    this.#headerKey = before === undefined ? expandLabel(secret, 'quic hp', NOTHING, 16) : before.#headerKey;
  }

  /** The keys after a key update (RFC 9001 §6.1). Header protection keeps its key. */
  next(): PacketKeys {
    return new PacketKeys(expandLabel(this.#secret, 'quic ku', NOTHING, HASH_BYTES), this);
  }

  /** The five bytes that hide a header's first byte and packet number (RFC 9001 §5.4.3). */
  headerMask(sample: Buffer): Buffer {
    const cipher = createCipheriv('aes-128-ecb', this.#headerKey, null).setAutoPadding(false);
    return cipher.update(sample).subarray(0, 5);
  }

  seal(packetNumber: number, header: Buffer, payload: Buffer): Buffer {
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce(packetNumber)).setAAD(header);
    return Buffer.concat([cipher.update(payload), cipher.final(), cipher.getAuthTag()]);
  }

  /** Null: the holder of these keys did not seal it. */
  open(packetNumber: number, header: Buffer, sealed: Buffer): Buffer | null {
    if (sealed.length < TAG_BYTES) return null;
    const tagAt = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce(packetNumber), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(header).setAuthTag(sealed.subarray(tagAt));
    const payload = decipher.update(sealed.subarray(0, tagAt));
    try {
      decipher.final();
    } catch {
      return null;
    }
    return payload;
  }

  #nonce(packetNumber: number): Buffer {
    const nonce = Buffer.from(this.#iv);
    const low = nonce.readBigUInt64BE(4) ^ BigInt(packetNumber);
    nonce.writeBigUInt64BE(low, 4);
    return nonce;
  }
}

/** Length of SHA-256's output, and so of all secrets. */
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
