/**
 * Closes a connection, and tells why.
 * @param reason - for the peer
 * @param why - for the operator
 * @returns `null`, which is no answer
 */
export type Refuse = (code: number, reason: string, why: string) => null;

/** Our own reason, with 503. */
export const REASON_TOO_MANY = 'Too many connections';
/** The same, when it is the platform that failed: it is worth trying again. */
export const REASON_FAILED = 'Try again later';
