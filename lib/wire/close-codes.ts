/** Application codes of both protocols, on connections and streams. */

/** Connection: a normal end. */
export const CLOSE_NORMAL = 0;
/** Connection or stream: a message above `MAX_MESSAGE_SIZE` (irpc's number). */
export const CLOSE_TOO_LARGE = 1;
/** Stream: a request variant this version does not know (irpc's number for an invalid message). */
export const RESET_UNKNOWN_REQUEST = 2;
/** Connection: the first message was not `Auth`, or a later message was `Auth`. */
export const CLOSE_BAD_REQUEST = 400;
/** Connection: the token was refused. */
export const CLOSE_UNAUTHORIZED = 401;

/** Reason with {@link CLOSE_BAD_REQUEST} when the first message is not `Auth`. */
export const REASON_EXPECTED_AUTH = 'Expected initial auth message';
/** Reason with {@link CLOSE_BAD_REQUEST} when `Auth` comes a second time. */
export const REASON_UNEXPECTED_AUTH = 'Unexpected auth message';
/** Reason with {@link CLOSE_UNAUTHORIZED}. */
export const REASON_UNAUTHORIZED = 'Unauthorized';
/** Reason with {@link CLOSE_NORMAL} when the same endpoint has a newer session, from elsewhere. Our own text. */
export const REASON_REPLACED = 'Replaced by a newer session';
/** Reason with {@link CLOSE_NORMAL} when the endpoint should dial again, over paths that work. Our own text. */
export const REASON_DIAL_AGAIN = 'Dial again';

/**
 * Reason with {@link CLOSE_UNAUTHORIZED} for a token that expired long ago. It contains the time of this side, because one
 * of the two clocks is wrong. Our own text.
 */
export function reasonExpired(nowMs: number): string {
  return `${REASON_UNAUTHORIZED}: the token has expired, and it is ${new Date(nowMs).toISOString()} here`;
}

/** The time in a text of {@link reasonExpired}, in milliseconds since the epoch; `null` when there is none. */
export function timeInReason(text: string): number | null {
  const found = /and it is (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) here/.exec(text)?.[1];
  const time = Date.parse(found ?? '');
  return Number.isNaN(time) ? null : time;
}
