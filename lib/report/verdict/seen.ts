import type { Observation } from '../observation.js';
import type { Judged, ProbeRecord } from '../types.js';

/** One part of an observation with the run that saw it. */
export interface Seen<T> {
  ref: string;
  part: T;
}

type ListPart = Exclude<keyof Observation, 'details'>;
type PartOf<K extends ListPart> = NonNullable<Observation[K]>[number];

/** All parts of one kind, in the order of the records. */
export function seen<K extends ListPart>(records: readonly ProbeRecord[], kind: K): Seen<PartOf<K>>[] {
  return records.flatMap(({ ref, observation }) => {
    const parts: readonly PartOf<K>[] = observation?.[kind] ?? [];
    return parts.map((part) => ({ ref, part }));
  });
}

/** The distinct runs behind some parts. */
export function refsOf(parts: readonly Seen<unknown>[]): string[] {
  return [...new Set(parts.map(({ ref }) => ref))];
}

/** A conclusion that rests on some parts. */
export function judged<T extends string>(
  value: T,
  reason: string,
  parts: readonly Seen<unknown>[],
): { value: T; reason: string; evidence: readonly string[] } {
  return { value, reason, evidence: refsOf(parts) };
}

/** No conclusion, and why. */
export function unknown(reason: string, parts: readonly Seen<unknown>[] = []): Judged<never> {
  return { value: 'unknown', reason, evidence: refsOf(parts) };
}
