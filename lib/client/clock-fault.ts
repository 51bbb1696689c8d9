/** Finds a wrong clock in the reason with which the platform closed a connection. Pure. */
import { timeInReason } from '../wire/index.js';

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['days', 86_400_000],
  ['hours', 3_600_000],
  ['minutes', 60_000],
];

/**
 * @param why - what the platform said
 * @param nowMs - this machine's clock
 * @returns a sentence; `null` when the platform did not tell its time, or the clocks agree
 */
export function clockFault(why: string, nowMs: number): string | null {
  const theirs = timeInReason(why);
  if (theirs === null) return null;
  const ms = Math.abs(nowMs - theirs);
  const unit = UNITS.find(([, size]) => ms >= 2 * size);
  if (unit === undefined) return null;
  const [name, size] = unit;
  const where = nowMs < theirs ? 'behind' : 'ahead of';
  return `this machine's clock is ${Math.round(ms / size)} ${name} ${where} the platform's (${new Date(nowMs).toISOString()})`;
}
