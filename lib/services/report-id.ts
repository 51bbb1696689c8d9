import { randomBytes } from 'node:crypto';

/** An id for a report that sorts by time: 12 hex digits of unix milliseconds, 8 random ones. */
export function newReportId(now: number): string {
  return now.toString(16).padStart(12, '0') + randomBytes(4).toString('hex');
}

/** Whether a text has the form of a report's id. */
export function isReportId(text: string): boolean {
  return /^[0-9a-f]{20}$/.test(text);
}
