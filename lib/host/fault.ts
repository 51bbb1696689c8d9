/** What to do with a stream that brought no valid request. Pure; source: the protocol page. */
import { hasCode } from '../errors.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_TOO_LARGE,
  CLOSE_UNAUTHORIZED,
  REASON_EXPECTED_AUTH,
  REASON_UNAUTHORIZED,
  REASON_UNEXPECTED_AUTH,
  UnknownRequestError,
} from '../wire/index.js';
import type { DialBackOutcome } from './audit.js';
import type { RefusalReason } from './authorise.js';
import { REASON_MALFORMED, REASON_TOO_LARGE } from './limits.js';

/** How a connection is closed. */
export interface Closing {
  outcome: DialBackOutcome;
  code: number;
  reason: string;
  /** Why the token was refused, if it was. */
  why?: RefusalReason;
  /** What failed on this side; for the audit. */
  error?: unknown;
}

/** What to do: reset only the stream, note that the caller left, or close the connection. */
export type Fault = 'reset-stream' | 'caller-left' | Closing;

/** Closes the connection of a caller that sent something unexpected. */
export function badRequest(reason: string): Closing {
  return { outcome: 'bad-request', code: CLOSE_BAD_REQUEST, reason };
}

/** Closes the connection of a caller whose token is refused. `why` is not sent to the caller. */
export function unauthorised(why: RefusalReason): Closing {
  return { outcome: 'unauthorised', code: CLOSE_UNAUTHORIZED, reason: REASON_UNAUTHORIZED, why };
}

/**
 * @param error - what reading or decoding a request threw
 * @param isFirst - no `Auth` was accepted yet
 */
export function faultOf(error: unknown, isFirst: boolean): Fault {
  if (error instanceof UnknownRequestError) return 'reset-stream';
  if (hasCode(error, 'ERR_CONNECTION_CLOSED')) return 'caller-left';
  if (hasCode(error, 'ERR_MESSAGE_TOO_LARGE')) {
    return { outcome: 'bad-request', code: CLOSE_TOO_LARGE, reason: REASON_TOO_LARGE };
  }
  // Only `Auth` carries a token.
  if (hasCode(error, 'ERR_TOKEN_INVALID')) {
    return isFirst ? unauthorised('bad-signature') : badRequest(REASON_UNEXPECTED_AUTH);
  }
  return badRequest(isFirst ? REASON_EXPECTED_AUTH : REASON_MALFORMED);
}
