/** How finely points are kept, and for how long. Pure. */

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** From the finest to the coarsest, with the length of a span; clients push once a minute. */
export const TIERS = [
  // Of pushes that come faster than this, the last stays.
  { name: 'raw', spanMs: 10 * SECOND_MS },
  { name: 'minutes', spanMs: 10 * MINUTE_MS },
  { name: 'hours', spanMs: HOUR_MS },
  { name: 'days', spanMs: DAY_MS },
] as const;

/** The number is its place in {@link TIERS}: that is what the store keeps. */
export type Tier = 0 | 1 | 2 | 3;
export type TierName = (typeof TIERS)[number]['name'];
export const RAW: Tier = 0;
export const MINUTES: Tier = 1;
export const HOURS: Tier = 2;
export const DAYS: Tier = 3;
export const ALL_TIERS: readonly Tier[] = [RAW, MINUTES, HOURS, DAYS];

/** How long the points of each tier are kept, in milliseconds; in the order of {@link TIERS}. */
export type TierAges = readonly [number, number, number, number];

/** The beginning of the span that a time lies in. Spans of days begin at midnight UTC. */
export function spanStart(at: number, tier: Tier): number {
  const { spanMs } = TIERS[tier];
  return Math.floor(at / spanMs) * spanMs;
}

/** The finest tier that reaches back to `from` and makes no more than `most` points until `to`. */
export function tierFor(from: number, to: number, now: number, ages: TierAges, most: number): Tier {
  const fits = (tier: Tier) =>
    from >= now - ages[tier] && (to - from) / Math.max(TIERS[tier].spanMs, MINUTE_MS) <= most;
  return ALL_TIERS.find(fits) ?? DAYS;
}
