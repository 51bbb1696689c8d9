import { DecodeError, Reader } from '../bytes.js';
import { TlsAlert, tlsError } from '../qad-error.js';

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
