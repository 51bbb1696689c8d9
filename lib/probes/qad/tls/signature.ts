import { constants, type KeyObject, verify } from 'node:crypto';
import { alertCode, QadError, TlsAlert, tlsError } from '../qad-error.js';
import { decodeWhole } from './format.js';

interface Scheme {
  keyType: 'ec' | 'ed25519' | 'rsa';
  hash: string | null;
  curve?: string;
}

/** What a server may sign the handshake with (RFC 8446 §4.2.3). */
const SCHEMES: ReadonlyMap<number, Scheme> = new Map([
  [0x0403, { keyType: 'ec', hash: 'sha256', curve: 'prime256v1' }],
  [0x0503, { keyType: 'ec', hash: 'sha384', curve: 'secp384r1' }],
  [0x0603, { keyType: 'ec', hash: 'sha512', curve: 'secp521r1' }],
  [0x0807, { keyType: 'ed25519', hash: null }],
  [0x0804, { keyType: 'rsa', hash: 'sha256' }],
  [0x0805, { keyType: 'rsa', hash: 'sha384' }],
  [0x0806, { keyType: 'rsa', hash: 'sha512' }],
]);

/** RSA PKCS #1 v1.5 with SHA-256, -384 and -512: in certificates only. */
const CERTIFICATE_ONLY = [0x0401, 0x0501, 0x0601];

export const OFFERED_SCHEMES: readonly number[] = [...SCHEMES.keys(), ...CERTIFICATE_ONLY];

/** RFC 8446 §4.4.3: what is signed before the transcript's hash. */
const CONTEXT = Buffer.concat([
  Buffer.alloc(64, 0x20),
  Buffer.from('TLS 1.3, server CertificateVerify'),
  Buffer.of(0),
]);

/**
 * Checks a CertificateVerify message.
 * @throws `QAD_TLS` unless the holder of `key` signed this handshake
 */
export function checkCertificateVerify(body: Buffer, key: KeyObject, transcriptHash: Buffer): void {
  const { number, signature } = decodeWhole('CertificateVerify', body, (reader) => ({
    number: reader.u16(),
    signature: reader.vector(2),
  }));
  const scheme = SCHEMES.get(number);
  if (scheme === undefined) {
    throw tlsError('a signature scheme that was not offered', TlsAlert.ILLEGAL_PARAMETER);
  }
  if (key.asymmetricKeyType !== scheme.keyType || key.asymmetricKeyDetails?.namedCurve !== scheme.curve) {
    throw tlsError('the signature scheme does not fit the key', TlsAlert.ILLEGAL_PARAMETER);
  }
  if (!isValid(scheme, key, Buffer.concat([CONTEXT, transcriptHash]), signature)) {
    throw tlsError('the handshake is not signed by its certificate', TlsAlert.DECRYPT_ERROR);
  }
}

function isValid({ keyType, hash }: Scheme, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST: saltLength } = constants;
  try {
    return verify(hash, data, keyType === 'rsa' ? { key, padding, saltLength } : key, signature);
  } catch (error) {
    // A hardened OpenSSL may refuse an algorithm in general.
    throw new QadError(
      'QAD_UNSUPPORTED',
      'this machine cannot check the signature',
      alertCode(TlsAlert.UNSUPPORTED_CERTIFICATE),
      { cause: error },
    );
  }
}
