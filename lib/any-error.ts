import type { RemoteError } from './client/index.js';
import { isOurs, type NetDiagnosticsError, type NetDiagnosticsErrorCode } from './errors.js';
import type { DialBackError } from './services/index.js';
import type { SettingError } from './settings/index.js';
import type { ConnectionClosedError, StreamError } from './transport/index.js';

/** Codes whose errors always tell more than their text. */
type RicherCode = 'ERR_CONNECTION_CLOSED' | 'ERR_STREAM' | 'ERR_REMOTE';

type PlainError = {
  [Code in Exclude<NetDiagnosticsErrorCode, RicherCode>]: NetDiagnosticsError<Code>;
}[Exclude<NetDiagnosticsErrorCode, RicherCode>];

/** Every error of this package, told apart by its `code`: a `switch` over it knows what each case has, and when one lacks. */
export type AnyNetDiagnosticsError =
  | PlainError
  | SettingError
  | ConnectionClosedError
  | StreamError
  | RemoteError
  | DialBackError;

/**
 * Whether this package threw it on purpose, also when another copy of it did (ESM beside CommonJS), where `instanceof` says no.
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
