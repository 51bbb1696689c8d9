import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { QadError, TlsAlert, TransportError, tlsError } from '../qad-error.js';
import { X25519_KEY_BYTES } from './constants.js';

/** A SubjectPublicKeyInfo of X25519 up to the key itself (RFC 8410 §4). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

/** One ephemeral X25519 key (RFC 7748). */
export class KeyExchange {
  readonly publicKey: Buffer;
  readonly #privateKey: KeyObject;

  /** @throws `QAD_UNSUPPORTED` where OpenSSL may not use X25519 (FIPS) */
  constructor() {
    try {
      const { publicKey, privateKey } = generateKeyPairSync('x25519');
      this.publicKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-X25519_KEY_BYTES);
      this.#privateKey = privateKey;
    } catch (error) {
      const message = 'OpenSSL on this machine has no X25519 (FIPS mode?)';
      throw new QadError('QAD_UNSUPPORTED', message, TransportError.INTERNAL, { cause: error });
    }
  }

  /** @throws `QAD_TLS` for a peer's key that gives the all-zero secret (RFC 8446 §7.4.2) */
  shared(peerKey: Buffer): Buffer {
    try {
      const key = Buffer.concat([SPKI_PREFIX, peerKey]);
      const publicKey = createPublicKey({ key, format: 'der', type: 'spki' });
      return diffieHellman({ privateKey: this.#privateKey, publicKey });
    } catch {
      throw tlsError("the server's X25519 key is unusable", TlsAlert.ILLEGAL_PARAMETER);
    }
  }
}
