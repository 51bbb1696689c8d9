import { ProbeFailure } from '../probe-failure.js';

/** Codes of {@link QadError}. */
export type QadErrorCode =
  /** Nothing came back at all. */
  | 'QAD_SILENT'
  /** The relay answered, but the handshake or the report did not end in time. */
  | 'QAD_TIMEOUT'
  /** The same, but it had too few round trips for that: it is far away, or the report was short. */
  | 'QAD_LATE'
  | 'QAD_ABORTED'
  /** The server is fine but does not report addresses. */
  | 'QAD_NOT_OFFERED'
  | 'QAD_HELLO_RETRY_REQUEST'
  | 'QAD_VERSION_NEGOTIATION'
  | 'QAD_STATELESS_RESET'
  | 'QAD_CLOSED_BY_RELAY'
  /** The server broke a rule of QUIC. */
  | 'QAD_PROTOCOL'
  /** The server broke a rule of TLS. */
  | 'QAD_TLS'
  /** The server, or this machine's OpenSSL, lacks something that this client needs. */
  | 'QAD_UNSUPPORTED'
  | 'QAD_CERT_MALFORMED'
  | 'QAD_CERT_WRONG_NAME'
  | 'QAD_CERT_EXPIRED'
  | 'QAD_CERT_NOT_YET_VALID'
  | 'QAD_CERT_UNTRUSTED'
  | 'QAD_CERT_NOT_A_CA'
  | 'QAD_CERT_WRONG_PURPOSE'
  | 'QAD_CERT_PATH_LENGTH'
  | 'QAD_CERT_NAME_CONSTRAINTS'
  | 'QAD_CERT_CRITICAL_EXTENSION'
  | 'QAD_CERT_WEAK_SIGNATURE';

/** Why a discovery ended without an address. */
export class QadError extends ProbeFailure<QadErrorCode> {
  override name = 'QadError';
  /** QUIC's error code for our CONNECTION_CLOSE (RFC 9000 §20.1). */
  readonly closeCode: number;

  constructor(code: QadErrorCode, message: string, closeCode = 0, options?: ErrorOptions) {
    super(code, message, options);
    this.closeCode = closeCode;
  }
}

/** Error codes of RFC 9000 §20.1 that we send. */
export const TransportError = {
  INTERNAL: 0x01,
  STREAM_LIMIT: 0x04,
  FRAME_ENCODING: 0x07,
  TRANSPORT_PARAMETER: 0x08,
  PROTOCOL_VIOLATION: 0x0a,
  APPLICATION: 0x0c,
  CRYPTO_BUFFER_EXCEEDED: 0x0d,
} as const;

/** Alerts of RFC 8446 §6 that we send, as QUIC error codes (RFC 9001 §4.8: 0x0100 + alert). */
export const TlsAlert = {
  UNEXPECTED_MESSAGE: 10,
  HANDSHAKE_FAILURE: 40,
  BAD_CERTIFICATE: 42,
  UNSUPPORTED_CERTIFICATE: 43,
  CERTIFICATE_EXPIRED: 45,
  ILLEGAL_PARAMETER: 47,
  UNKNOWN_CA: 48,
  DECODE_ERROR: 50,
  DECRYPT_ERROR: 51,
  PROTOCOL_VERSION: 70,
  MISSING_EXTENSION: 109,
  UNSUPPORTED_EXTENSION: 110,
  NO_APPLICATION_PROTOCOL: 120,
} as const;

/** A server that breaks a rule of QUIC. */
export function protocolError(
  message: string,
  closeCode: number = TransportError.PROTOCOL_VIOLATION,
): QadError {
  return new QadError('QAD_PROTOCOL', message, closeCode);
}

/** A server that breaks a rule of TLS. */
export function tlsError(message: string, alert: number): QadError {
  return new QadError('QAD_TLS', message, alertCode(alert));
}

export function alertCode(alert: number): number {
  return 0x100 + alert;
}
