import { createHash } from 'node:crypto';
import { expandLabel, extract, HASH_BYTES, hmacSha256 } from '../packets/hkdf.js';
import type { Secrets } from '../packets/packet-keys.js';

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
