import { type Caps, readCaps, writeCaps } from './capability.js';
import { decodeWhole, type PostcardReader } from './postcard-reader.js';
import { PostcardWriter } from './postcard-writer.js';
import { type DiagnosticsReport, readReport, writeReport } from './report.js';
import { encodeError } from './wire-error.js';

/** Why the other end did not do what was requested. */
export type RemoteFailure =
  | { kind: 'missing-capability'; caps: Caps }
  | { kind: 'auth-error'; message: string }
  | { kind: 'internal-server-error' }
  /** The value is not valid. Since 2.0: sent only in answer to a request that is newer than 1.0. */
  | { kind: 'invalid-input'; message: string }
  /** Too many requests; try again later. Since 2.0, as `invalid-input`. */
  | { kind: 'rate-limited' }
  /** A failure from a newer peer; only its number is known. Never sent. */
  | { kind: 'unknown'; variant: number };

/** Rust's `Result<T, RemoteError>`. */
export type RemoteResult<T> = { ok: true; value: T } | { ok: false; error: RemoteFailure };

const MISSING_CAPABILITY = 0;
const AUTH_ERROR = 1;
const INTERNAL_SERVER_ERROR = 2;
const INVALID_INPUT = 3;
const RATE_LIMITED = 4;

/** The answer to a request without a result value. */
export function encodeUnitResult(result: RemoteResult<void>): Uint8Array {
  return encodeResult(result, () => {});
}

/** @throws WireError */
export function decodeUnitResult(bytes: Uint8Array): RemoteResult<void> {
  return decodeResult<void>(bytes, () => undefined);
}

/** The answer to a dial-back. */
export function encodeReportResult(result: RemoteResult<DiagnosticsReport>): Uint8Array {
  return encodeResult(result, writeReport);
}

/** @throws WireError */
export function decodeReportResult(bytes: Uint8Array): RemoteResult<DiagnosticsReport> {
  return decodeResult(bytes, readReport);
}

function encodeResult<T>(
  result: RemoteResult<T>,
  writeValue: (writer: PostcardWriter, value: T) => void,
): Uint8Array {
  const writer = new PostcardWriter().variant(result.ok ? 0 : 1);
  if (result.ok) writeValue(writer, result.value);
  else writeFailure(writer, result.error);
  return writer.finish();
}

function decodeResult<T>(bytes: Uint8Array, readValue: (reader: PostcardReader) => T): RemoteResult<T> {
  return decodeWhole<RemoteResult<T>>(bytes, (reader) => {
    const variant = reader.variant('result');
    if (variant === 0) return { ok: true, value: reader.within('value', () => readValue(reader)) };
    if (variant === 1) return { ok: false, error: reader.within('error', () => readFailure(reader)) };
    return reader.fail('result', `a result is 0 or 1, not ${variant}`, 0);
  });
}

function writeFailure(writer: PostcardWriter, failure: RemoteFailure): void {
  switch (failure.kind) {
    case 'missing-capability':
      writeCaps(writer.variant(MISSING_CAPABILITY), failure.caps);
      break;
    case 'auth-error':
      writer.variant(AUTH_ERROR).str(failure.message, 'error.message');
      break;
    case 'internal-server-error':
      writer.variant(INTERNAL_SERVER_ERROR);
      break;
    case 'invalid-input':
      writer.variant(INVALID_INPUT).str(failure.message, 'error.message');
      break;
    case 'rate-limited':
      writer.variant(RATE_LIMITED);
      break;
    case 'unknown':
      throw encodeError('error', 'only known failures are sent');
  }
}

function readFailure(reader: PostcardReader): RemoteFailure {
  const variant = reader.variant('variant');
  if (variant === MISSING_CAPABILITY) return { kind: 'missing-capability', caps: readCaps(reader, 'caps') };
  if (variant === AUTH_ERROR) return { kind: 'auth-error', message: reader.str('message') };
  if (variant === INTERNAL_SERVER_ERROR) return { kind: 'internal-server-error' };
  if (variant === INVALID_INPUT) return { kind: 'invalid-input', message: reader.str('message') };
  if (variant === RATE_LIMITED) return { kind: 'rate-limited' };
  // Only the newer peer knows the shape of the remaining bytes.
  reader.skipRest();
  return { kind: 'unknown', variant };
}
