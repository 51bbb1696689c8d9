import { type KeyObject, X509Certificate } from 'node:crypto';
import { DecodeError } from '../bytes.js';
import { alertCode, QadError, TlsAlert } from '../qad-error.js';
import { DerReader, oidText, smallInteger, Tag, timeMs, wholeSequence } from './der.js';
import { decodeExtensions, type Extensions } from './extensions.js';

/** `version` of an X.509 v3 certificate: older ones have no extensions, so cannot say what they are for. */
const X509_V3 = 2;

interface Fields {
  /** Object identifier of the algorithm it is signed with. */
  signatureAlgorithm: string;
  /** Distinguished names in DER: compared byte by byte, as WebPKI issuers write them. */
  issuer: Buffer;
  subject: Buffer;
  notBeforeMs: number;
  notAfterMs: number;
  extensions: Extensions;
}

/**
 * An X.509 certificate (RFC 5280 §4.1), as far as a path needs it. Its fields are read here, from the signed bytes.
 * OpenSSL handles signatures, keys and names.
 */
export class Certificate {
  readonly der: Buffer;
  readonly fields: Fields;
  readonly x509: X509Certificate;

  /** @throws `QAD_CERT_MALFORMED` */
  constructor(der: Buffer) {
    this.der = der;
    try {
      this.fields = wholeSequence(der, readCertificate);
      this.x509 = new X509Certificate(der);
    } catch (error) {
      throw malformed(error);
    }
    // OpenSSL must have read the same bytes (it also takes PEM).
    if (!this.x509.raw.equals(der)) throw malformed(undefined);
  }

  /** @throws `QAD_CERT_MALFORMED` for a key of a kind that OpenSSL cannot read */
  get publicKey(): KeyObject {
    try {
      return this.x509.publicKey;
    } catch (error) {
      throw malformed(error);
    }
  }

  isIdentical(other: Certificate): boolean {
    return this.der.equals(other.der);
  }
}

/**
 * The subject's name in DER, without reading the rest: for a quick index of the roots.
 *
 * @throws DecodeError
 */
export function subjectOf(der: Buffer): Buffer {
  let subject = Buffer.alloc(0);
  wholeSequence(der, (certificate) => {
    const tbs = certificate.sequence();
    for (const tag of [Tag.CONTEXT, Tag.INTEGER]) tbs.optional(tag);
    for (let skipped = 0; skipped < 3; skipped++) tbs.expect(Tag.SEQUENCE);
    subject = Buffer.from(tbs.expect(Tag.SEQUENCE).whole);
    certificate.any();
    certificate.any();
  });
  return subject;
}

function readCertificate(certificate: DerReader): Fields {
  const tbs = certificate.sequence();
  const outerAlgorithm = certificate.expect(Tag.SEQUENCE);
  certificate.expect(Tag.BIT_STRING);

  const version = tbs.optional(Tag.CONTEXT);
  if (version === null || versionNumber(version.value) !== X509_V3) throw new DecodeError('not version 3');
  tbs.expect(Tag.INTEGER); // serial number
  const algorithm = tbs.expect(Tag.SEQUENCE);
  if (!algorithm.whole.equals(outerAlgorithm.whole)) throw new DecodeError('two signature algorithms');
  const issuer = tbs.expect(Tag.SEQUENCE).whole;
  const validity = tbs.sequence();
  const notBeforeMs = timeMs(validity.any());
  const notAfterMs = timeMs(validity.any());
  validity.end();
  const subject = tbs.expect(Tag.SEQUENCE).whole;
  tbs.expect(Tag.SEQUENCE); // subject's public key
  for (const uniqueId of [0x81, 0x82]) tbs.optional(uniqueId);
  const extensions = decodeExtensions(tbs.optional(Tag.CONTEXT + 3)?.value ?? null);
  tbs.end();
  return {
    signatureAlgorithm: wholeSequence(algorithm.whole, algorithmOid),
    issuer,
    subject,
    notBeforeMs,
    notAfterMs,
    extensions,
  };
}

function versionNumber(explicit: Buffer): number {
  const reader = new DerReader(explicit);
  const { value } = reader.expect(Tag.INTEGER);
  reader.end();
  return smallInteger(value);
}

function algorithmOid(identifier: DerReader): string {
  const oid = oidText(identifier.expect(Tag.OID).value);
  if (!identifier.isAtEnd) identifier.any(); // parameters; they are the same inside and outside
  return oid;
}

function malformed(cause: unknown): QadError {
  const why = cause instanceof Error ? `: ${cause.message}` : '';
  return new QadError(
    'QAD_CERT_MALFORMED',
    `a certificate cannot be read${why}`,
    alertCode(TlsAlert.BAD_CERTIFICATE),
    { cause },
  );
}
