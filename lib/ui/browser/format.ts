/** `format.js`: numbers and times in words. */
export const FORMAT_JS = /* js */ `
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
// As the reader's browser writes dates; words stay in the page's language.
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
/** @type {[Intl.RelativeTimeFormatUnit, number][]} */
const UNITS = [
  ['day', 86400000],
  ['hour', 3600000],
  ['minute', 60000],
];

/** An id's first ten digits, as logs show it. */
export function shortId(id) {
  return id.slice(0, 10);
}

/** The last millisecond that a date can hold, in the year 275760: beyond it Intl throws. Others choose the numbers. */
const LAST_DATE = 8.64e15;

/** '3 minutes ago' */
export function ago(at) {
  const distance = at - Date.now();
  for (const [unit, size] of UNITS) {
    if (Math.abs(distance) >= size) return RELATIVE.format(Math.round(distance / size), unit);
  }
  return Math.abs(distance) < 10000 ? 'just now' : RELATIVE.format(Math.round(distance / 1000), 'second');
}

/** Date and time of unix milliseconds. */
export function dateTime(at) {
  return Math.abs(at) <= LAST_DATE ? DATE.format(at) : 'an impossible time';
}

/** A token's end: unix seconds, null for never. */
export function untilText(expiresAt) {
  if (expiresAt === null) return 'without end';
  return expiresAt * 1000 <= LAST_DATE ? 'until ' + DAY.format(expiresAt * 1000) : 'practically without end';
}

/** '3.1 s', '42 ms', '0.35 ms' */
export function durationText(ms) {
  if (ms >= 1000) return (ms / 1000).toFixed(1) + ' s';
  return ms >= 10 ? Math.round(ms) + ' ms' : ms.toFixed(ms >= 1 ? 1 : 2) + ' ms';
}
`;
