import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { decodeBase32 } from './base32.js';
import { isSmallOrderPoint, isWeakForm } from './curve-point.js';
import { type EndpointId, KEY_SIZE, shortId, trustedEndpointId } from './endpoint-id.js';
import { WireError } from './wire-error.js';

/** Bytes of a signature: the point R, then the scalar S. */
export const SIGNATURE_SIZE = 64;

// The bytes before a raw Ed25519 key in RFC 8410's format; node:crypto of version 20 takes no bare seeds.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const HEX_SEED = /^[0-9a-f]{64}$/i;
const BASE32_SEED_LENGTH = 52;

/** An endpoint's private key. No text form of it shows the seed; only {@link SecretKey.toBytes} returns it. */
export class SecretKey {
  readonly #seed: Uint8Array;
  readonly #key: KeyObject;
  readonly #id: EndpointId;

  private constructor(seed: Uint8Array) {
    this.#seed = seed;
    this.#key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
    const spki = createPublicKey(this.#key).export({ format: 'der', type: 'spki' });
    this.#id = trustedEndpointId(spki.subarray(SPKI_PREFIX.length).toString('hex'));
  }

  /**
   * A key from its 32-byte seed.
   * @throws `ERR_WIRE_DECODE` when it has another length
   */
  static fromBytes(seed: Uint8Array): SecretKey {
    if (seed.length !== KEY_SIZE) {
      throw new WireError('secretKey', 0, `a secret key has ${KEY_SIZE} bytes, not ${seed.length}`);
    }
    return new SecretKey(Uint8Array.from(seed));
  }

  /**
   * A key from 64 hex digits or 52 characters of base32, the forms that iroh reads.
   * @throws `ERR_WIRE_DECODE`, which never repeats the text
   */
  static parse(text: string): SecretKey {
    if (HEX_SEED.test(text)) return SecretKey.fromBytes(Buffer.from(text, 'hex'));
    const seed = text.length === BASE32_SEED_LENGTH ? decodeBase32(text) : null;
    if (seed === null) {
      throw new WireError('secretKey', 0, 'a secret key is 64 hex digits or 52 characters of base32');
    }
    return SecretKey.fromBytes(seed);
  }

  /** The public half. */
  get id(): EndpointId {
    return this.#id;
  }

  /** An Ed25519 signature (64 bytes). */
  sign(message: Uint8Array): Uint8Array {
    return new Uint8Array(sign(null, message, this.#key));
  }

  /** The seed (a copy). Anyone who has it can act as this endpoint. */
  toBytes(): Uint8Array {
    return this.#seed.slice();
  }

  /** Shows the short id of the key. */
  toString(): string {
    return `SecretKey(of ${shortId(this.#id)})`;
  }

  /** As {@link toString}. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

/**
 * Whether `signature` is `id`'s over `message`, by the rules of ed25519-dalek's `verify_strict`: key and R
 * canonical and not of small order, S below the group order, no cofactor. False for malformed input too.
 */
export function verifySignature(id: EndpointId, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_SIZE) return false;
  const bytes = Buffer.from(id, 'hex');
  if (id.length !== 2 * KEY_SIZE || bytes.length !== KEY_SIZE) return false;
  // An id should be checked already. This check is cheap, and without it OpenSSL would accept a forgery under a weak key.
  if (isWeakForm(bytes)) return false;
  // OpenSSL checks S, and compares R byte by byte with the canonical form of the point it computes. So only an R that is
  // the canonical form of a point of small order is left to refuse here.
  if (isSmallOrderPoint(signature.subarray(0, KEY_SIZE))) return false;
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, bytes]), format: 'der', type: 'spki' });
  return verify(null, message, key, signature);
}
