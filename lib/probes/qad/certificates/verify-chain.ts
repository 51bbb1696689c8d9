import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { MAX_INTERMEDIATES, MAX_SIGNATURE_CHECKS } from '../constants.js';
import { alertCode, QadError, type QadErrorCode, TlsAlert } from '../qad-error.js';
import { Certificate } from './certificate.js';
import { SERVER_AUTH } from './extensions.js';
import type { TrustAnchors } from './trust-anchors.js';

export interface ChainCheck {
  /** A host name without a trailing dot, or an IP address. */
  host: string;
  anchors: TrustAnchors;
  /** Milliseconds since the epoch. */
  nowMs: number;
}

/** Signature algorithms of certificates: SHA-2 only. (RSA-PSS in certificates is not used in the WebPKI.) */
const STRONG_SIGNATURES: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.11', // sha256WithRSAEncryption
  '1.2.840.113549.1.1.12', // sha384
  '1.2.840.113549.1.1.13', // sha512
  '1.2.840.10045.4.3.2', // ecdsa-with-SHA256
  '1.2.840.10045.4.3.3', // SHA384
  '1.2.840.10045.4.3.4', // SHA512
  '1.3.101.112', // Ed25519
]);

const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 8192; // larger ones only cost time
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

/**
 * Checks a server's chain (RFC 5280 §6, the part that the WebPKI uses). What it does not understand is an error with
 * a name. No revocation, no Certificate Transparency.
 *
 * @param chain - as sent, the server's certificate first; the order of the others does not matter
 * @returns the server's key
 * @throws `QAD_CERT_…`
 */
export function verifyChain(chain: readonly Buffer[], check: ChainCheck): KeyObject {
  const [first, ...others] = chain;
  if (first === undefined) throw failure('QAD_CERT_MALFORMED', 'the server sent no certificate');
  const leaf = new Certificate(first);
  checkName(leaf, check.host);
  checkLeaf(leaf, check);
  const search = new PathSearch(others, check);
  if (!search.reachesAnchor(leaf, [])) throw search.reason();
  return leaf.publicKey;
}

function checkName({ x509 }: Certificate, host: string): void {
  const isNamed =
    isIP(host) === 0
      ? x509.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined
      : x509.checkIP(host) !== undefined;
  if (!isNamed) throw failure('QAD_CERT_WRONG_NAME', `the certificate is not for ${host}`);
}

function checkLeaf(leaf: Certificate, { nowMs }: ChainCheck): void {
  checkCommon(leaf, nowMs);
  if (leaf.fields.extensions.keyUsage?.digitalSignature === false) {
    throw failure('QAD_CERT_WRONG_PURPOSE', "the server's certificate may not sign handshakes");
  }
}

/** Checks that apply to every certificate of a path. */
function checkCommon(certificate: Certificate, nowMs: number): void {
  const { notBeforeMs, notAfterMs, extensions } = certificate.fields;
  if (nowMs < notBeforeMs) throw failure('QAD_CERT_NOT_YET_VALID', 'a certificate is not valid yet');
  if (nowMs > notAfterMs) throw failure('QAD_CERT_EXPIRED', 'a certificate has expired');
  const [critical] = extensions.unknownCritical;
  if (critical !== undefined) {
    throw failure('QAD_CERT_CRITICAL_EXTENSION', `a critical extension is not understood: ${critical}`);
  }
  if (extensions.hasNameConstraints) {
    throw failure('QAD_CERT_NAME_CONSTRAINTS', 'name constraints, which this client cannot check');
  }
  if (extensions.extendedKeyUsage?.includes(SERVER_AUTH) === false) {
    throw failure('QAD_CERT_WRONG_PURPOSE', 'a certificate is not for TLS servers');
  }
  checkKey(certificate.publicKey);
}

function checkKey({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): void {
  const { modulusLength = 0, namedCurve = '' } = details;
  const isStrong =
    type === 'ed25519' ||
    (type === 'rsa' && modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS) ||
    (type === 'ec' && CURVES.has(namedCurve));
  if (!isStrong) throw failure('QAD_CERT_WEAK_SIGNATURE', `a certificate's key (${type}) is weak or unusual`);
}

/** Looks for a path from the leaf to an anchor, over the certificates that the server sent. */
class PathSearch {
  readonly #others: readonly Certificate[];
  readonly #check: ChainCheck;
  #signatureChecks = 0;
  #reason: QadError | null = null;

  constructor(others: readonly Buffer[], check: ChainCheck) {
    this.#others = others.flatMap((der) => this.#read(der));
    this.#check = check;
  }

  /** Why there is no path: the first issuer that matched in all but one thing. */
  reason(): QadError {
    return this.#reason ?? failure('QAD_CERT_UNTRUSTED', 'the certificate does not lead to a trusted root');
  }

  /** @param below - the certificates between the leaf, included, and `certificate`, excluded */
  reachesAnchor(certificate: Certificate, below: readonly Certificate[]): boolean {
    const { anchors } = this.#check;
    const { issuer, subject } = certificate.fields;
    // Trusted itself, for example a relay's self-signed certificate given as `ca`.
    if (anchors.named(subject).some((anchor) => anchor.isIdentical(certificate))) return true;
    const path = [...below, certificate];
    if (anchors.named(issuer).some((anchor) => this.#hasIssued(anchor, path, true))) return true;
    if (below.length >= MAX_INTERMEDIATES) {
      this.#reason ??= failure('QAD_CERT_PATH_LENGTH', 'the certificate chain is too long');
      return false;
    }
    return this.#others.some(
      (other) =>
        other.fields.subject.equals(issuer) &&
        !path.some((used) => used.isIdentical(other)) &&
        this.#hasIssued(other, path, false) &&
        this.reachesAnchor(other, path),
    );
  }

  /** A certificate that cannot be read matters only if no path goes without it. */
  #read(der: Buffer): Certificate[] {
    try {
      return [new Certificate(der)];
    } catch (error) {
      this.#note(error);
      return [];
    }
  }

  #note(error: unknown): void {
    if (!(error instanceof QadError)) throw error;
    this.#reason ??= error;
  }

  /** Whether `issuer` may have issued the last certificate of `path`, and did. */
  #hasIssued(issuer: Certificate, path: readonly Certificate[], isAnchor: boolean): boolean {
    try {
      checkIssuer(issuer, path, isAnchor, this.#check.nowMs);
      this.#checkSignature(path.at(-1), issuer);
      return true;
    } catch (error) {
      this.#note(error);
      return false;
    }
  }

  #checkSignature(certificate: Certificate | undefined, issuer: Certificate): void {
    if (certificate === undefined || ++this.#signatureChecks > MAX_SIGNATURE_CHECKS) {
      throw failure('QAD_CERT_UNTRUSTED', 'too many certificates of the same name');
    }
    const { signatureAlgorithm } = certificate.fields;
    if (!STRONG_SIGNATURES.has(signatureAlgorithm)) {
      throw failure(
        'QAD_CERT_WEAK_SIGNATURE',
        `a certificate's signature is weak or unusual: ${signatureAlgorithm}`,
      );
    }
    if (!certificate.x509.checkIssued(issuer.x509) || !certificate.x509.verify(issuer.publicKey)) {
      throw failure('QAD_CERT_UNTRUSTED', 'a certificate is not signed by its issuer');
    }
  }
}

/** RFC 5280 §6.1.4 (k) to (n). */
function checkIssuer(
  issuer: Certificate,
  path: readonly Certificate[],
  isAnchor: boolean,
  nowMs: number,
): void {
  const { isCa, keyUsage, pathLength } = issuer.fields.extensions;
  if (!isCa) throw failure('QAD_CERT_NOT_A_CA', 'an issuer is no certificate authority');
  // Old roots do not say what their key is for; they are trusted because they are roots.
  if (!(keyUsage?.keyCertSign ?? isAnchor)) {
    throw failure('QAD_CERT_NOT_A_CA', "an issuer's key is not meant to sign certificates (keyCertSign)");
  }
  const [, ...intermediates] = path;
  const counted = intermediates.filter(({ fields }) => !fields.issuer.equals(fields.subject));
  if (pathLength !== null && counted.length > pathLength) {
    throw failure('QAD_CERT_PATH_LENGTH', 'an issuer does not allow this many certificates below it');
  }
  checkCommon(issuer, nowMs);
}

const ALERTS: Partial<Record<QadErrorCode, number>> = {
  QAD_CERT_EXPIRED: TlsAlert.CERTIFICATE_EXPIRED,
  QAD_CERT_NOT_YET_VALID: TlsAlert.CERTIFICATE_EXPIRED,
  QAD_CERT_UNTRUSTED: TlsAlert.UNKNOWN_CA,
  QAD_CERT_WRONG_PURPOSE: TlsAlert.UNSUPPORTED_CERTIFICATE,
};

function failure(code: QadErrorCode, message: string): QadError {
  return new QadError(code, message, alertCode(ALERTS[code] ?? TlsAlert.BAD_CERTIFICATE));
}
