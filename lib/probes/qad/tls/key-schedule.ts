import { createHash, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expandLabel, extract, HASH_BYTES, hmacSha256, type Secrets } from '../packets/packet-keys.js';
import { QadError, TlsAlert, TransportError, tlsError } from '../qad-error.js';
import { X25519_KEY_BYTES } from './format.js';

const NOTHING = Buffer.alloc(0);
const ZEROS = Buffer.alloc(HASH_BYTES);
const EMPTY_HASH = createHash('sha256').digest();

const derive = (secret: Buffer, label: string, transcriptHash: Buffer) =>
  expandLabel(secret, label, transcriptHash, HASH_BYTES);

/** The handshake's half of TLS 1.3's key schedule, without pre-shared keys (RFC 8446 §7.1). */
export class KeySchedule {
  readonly #handshakeSecret: Buffer;

  constructor(sharedSecret: Buffer) {
    const earlySecret = extract(ZEROS, ZEROS);
    this.#handshakeSecret = extract(derive(earlySecret, 'derived', EMPTY_HASH), sharedSecret);
  }

  /** @param transcriptHash - up to ServerHello */
  handshakeSecrets(transcriptHash: Buffer): Secrets {
    return {
      client: derive(this.#handshakeSecret, 'c hs traffic', transcriptHash),
      server: derive(this.#handshakeSecret, 's hs traffic', transcriptHash),
    };
  }

  /** @param transcriptHash - up to the server's Finished */
  applicationSecrets(transcriptHash: Buffer): Secrets {
    const master = extract(derive(this.#handshakeSecret, 'derived', EMPTY_HASH), ZEROS);
    return {
      client: derive(master, 'c ap traffic', transcriptHash),
      server: derive(master, 's ap traffic', transcriptHash),
    };
  }
}

/** The content of a Finished message (RFC 8446 §4.4.4). */
export function finishedMac(trafficSecret: Buffer, transcriptHash: Buffer): Buffer {
  return hmacSha256(expandLabel(trafficSecret, 'finished', NOTHING, HASH_BYTES), transcriptHash);
}

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
