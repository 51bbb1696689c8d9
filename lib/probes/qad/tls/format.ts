import { DecodeError, Reader } from '../bytes.js';
import { TlsAlert, tlsError } from '../qad-error.js';

/** Handshake message types (RFC 8446 §4). */
export const MessageType = {
  CLIENT_HELLO: 1,
  SERVER_HELLO: 2,
  NEW_SESSION_TICKET: 4,
  ENCRYPTED_EXTENSIONS: 8,
  CERTIFICATE: 11,
  CERTIFICATE_REQUEST: 13,
  CERTIFICATE_VERIFY: 15,
  FINISHED: 20,
} as const;

/** Extension types (RFC 8446 §4.2, RFC 9001 §8.2). */
export const ExtensionType = {
  SERVER_NAME: 0,
  SUPPORTED_GROUPS: 10,
  SIGNATURE_ALGORITHMS: 13,
  ALPN: 16,
  SUPPORTED_VERSIONS: 43,
  KEY_SHARE: 51,
  QUIC_TRANSPORT_PARAMETERS: 57,
} as const;

/** The one of each that we offer. */
export const LEGACY_VERSION = 0x0303;
export const TLS_1_3 = 0x0304;
export const TLS_AES_128_GCM_SHA256 = 0x1301;
export const X25519 = 0x001d;
export const X25519_KEY_BYTES = 32;

/** A ServerHello with this random is a HelloRetryRequest (RFC 8446 §4.1.3). */
export const HELLO_RETRY_RANDOM = Buffer.from(
  'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
  'hex',
);

/** @throws `QAD_TLS` with a decode error when `read` meets bytes that do not fit, or does not read all */
export function decodeWhole<T>(what: string, body: Buffer, read: (reader: Reader) => T): T {
  try {
    const reader = new Reader(body);
    const value = read(reader);
    reader.end();
    return value;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw tlsError(`malformed ${what}: ${error.message}`, TlsAlert.DECODE_ERROR);
  }
}
