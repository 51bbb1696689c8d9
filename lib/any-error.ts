import type { RemoteError } from './client/index.js';
import { isOurs, type NetDiagnosticsError, type NetDiagnosticsErrorCode } from './errors.js';
import type { DialBackError } from './services/index.js';
import type { SettingError } from './settings/index.js';
import type { ConnectionClosedError, StreamError } from './transport/index.js';

/** Codes whose errors have fields of their own beside code and message. */
type RicherCode = 'ERR_CONNECTION_CLOSED' | 'ERR_STREAM' | 'ERR_REMOTE';

type PlainError = {
  [Code in Exclude<NetDiagnosticsErrorCode, RicherCode>]: NetDiagnosticsError<Code>;
}[Exclude<NetDiagnosticsErrorCode, RicherCode>];

/** Every error of this package. A `switch` over `code` knows the fields of each case, and which cases are missing. */
export type AnyNetDiagnosticsError =
  | PlainError
  | SettingError
  | ConnectionClosedError
  | StreamError
  | RemoteError
  | DialBackError;

/**
 * Whether this package threw the error on purpose. Also true for an error of another copy of the package (ESM beside
 * CommonJS), where `instanceof` is false.
 *
 * @example
 * if (isNetDiagnosticsError(error)) {
 *   switch (error.code) {
 *     case 'ERR_CONNECTION_CLOSED':
 *       return error.closeReason.code;
 *   }
 * }
 */
export function isNetDiagnosticsError(error: unknown): error is AnyNetDiagnosticsError {
  return isOurs(error);
}
