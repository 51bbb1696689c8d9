/** How much something is, in words. Pure. */
import { numberText } from './format.js';

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** '3.4 MB' */
export function bytesText(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  const text = unit === 0 || value >= 100 ? numberText(Math.round(value)) : value.toFixed(1);
  return `${text} ${UNITS[unit]}`;
}
