/** Why a connection to the platform ended, and whether a wrong clock is the cause. Pure. */

import { hasCode, messageOf } from '../errors.js';
import { printable } from '../text.js';
import { type CloseReason, ConnectionClosedError } from '../transport/index.js';
import {
  CLOSE_NORMAL,
  CLOSE_UNAUTHORIZED,
  REASON_DIAL_AGAIN,
  REASON_REPLACED,
  timeInReason,
} from '../wire/index.js';

/** How one connection, or the attempt to make one, ended. */
export interface Ending {
  kind: /** The platform does not take our client token. */
    | 'unauthorized'
    /** Our endpoint is closed: it is useless to try again. */
    | 'endpoint-closed'
    /** Dial again at once: we closed it to use a fresh token, or the platform closed it to get a working path. */
    | 'renewal'
    /** Another process has our identity, and a newer session. */
    | 'replaced'
    | 'trouble';
  /** One line for a status page or a log. */
  why: string;
  /** How long it was online, in milliseconds. */
  onlineMs: number;
}

/** The reason for which we close a connection when half of its client token's lifetime is over. */
export const RENEWAL = 'its token is renewed';

/** The ending of a connection that was online. @param closedBecause - why this side closed it, if it did */
export function endingOf(reason: CloseReason, closedBecause: string | null, onlineMs: number): Ending {
  if (closedBecause !== null)
    return { kind: closedBecause === RENEWAL ? 'renewal' : 'trouble', why: closedBecause, onlineMs };
  const ending = failureOf(new ConnectionClosedError(reason), onlineMs);
  const said = reason.by === 'peer' && reason.code === CLOSE_NORMAL ? reason.reason : '';
  if (said === REASON_REPLACED) return { ...ending, kind: 'replaced' };
  if (said === REASON_DIAL_AGAIN) return { ...ending, kind: 'renewal' };
  return ending;
}

/** The ending of an attempt that failed. */
export function failureOf(error: unknown, onlineMs = 0): Ending {
  const why = printable(messageOf(error));
  if (hasCode(error, 'ERR_ENDPOINT_CLOSED')) return { kind: 'endpoint-closed', why, onlineMs };
  return { kind: isUnauthorized(error) ? 'unauthorized' : 'trouble', why, onlineMs };
}

function isUnauthorized(error: unknown): boolean {
  if (!(error instanceof ConnectionClosedError)) return false;
  const { by, code } = error.closeReason;
  return by === 'peer' && code === CLOSE_UNAUTHORIZED;
}

const CLOCK_UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
];

/**
 * Finds a wrong clock in the reason with which the platform closed a connection.
 * @param why - the platform's reason
 * @param nowMs - this machine's clock
 * @returns a sentence; `null` when the platform did not tell its time, or the clocks agree
 */
export function clockFault(why: string, nowMs: number): string | null {
  const theirs = timeInReason(why);
  if (theirs === null) return null;
  const ms = Math.abs(nowMs - theirs);
  const unit = CLOCK_UNITS.find(([, size]) => ms >= 2 * size);
  if (unit === undefined) return null;
  const [name, size] = unit;
  const where = nowMs < theirs ? 'behind' : 'ahead of';
  return `this machine's clock is ${Math.round(ms / size)} ${name} ${where} the platform's (${new Date(nowMs).toISOString()})`;
}
