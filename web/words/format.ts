/** Numbers and times in words. */
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
// Dates are written as the reader's browser does; words stay in the page's language.
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const NUMBER = new Intl.NumberFormat('en');
const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/**
 * The last millisecond that a date can hold, in the year 275760. Beyond it Intl throws, and the numbers come from
 * outside.
 */
const LAST_DATE = 8.64e15;

/** An id's first ten digits, as logs show it. */
export function shortId(id: string): string {
  return id.slice(0, 10);
}

/** '3 minutes ago'. Both in unix milliseconds. */
export function ago(at: number, now: number): string {
  const distance = at - now;
  for (const [unit, size] of UNITS) {
    if (Math.abs(distance) >= size) return RELATIVE.format(Math.round(distance / size), unit);
  }
  return Math.abs(distance) < 10_000 ? 'just now' : RELATIVE.format(Math.round(distance / 1000), 'second');
}

/** '12,345' */
export function numberText(count: number): string {
  return NUMBER.format(count);
}

/** Date and time of unix milliseconds. */
export function dateTime(at: number): string {
  return Math.abs(at) <= LAST_DATE ? DATE.format(at) : 'an impossible time';
}

/** The day of unix milliseconds. */
export function dayText(at: number): string {
  return Math.abs(at) <= LAST_DATE ? DAY.format(at) : 'an impossible time';
}

/** A token's end: unix seconds, `null` for never. */
export function untilText(expiresAt: number | null): string {
  if (expiresAt === null) return 'without end';
  return expiresAt * 1000 <= LAST_DATE ? `until ${DAY.format(expiresAt * 1000)}` : 'practically without end';
}

/** '3.1 s', '42 ms', '0.35 ms' */
export function durationText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 10 ? `${Math.round(ms)} ms` : `${ms.toFixed(ms >= 1 ? 1 : 2)} ms`;
}

/** 'relay.example:8443', without the dot at the end of a full name. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host.replace(/\.(?=:|$)/, '') : url;
}
