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
  // Plain loops, for speed: one verdict calls this dozens of times, and `isSettled` asks for hundreds of verdicts.
  const found: Seen<PartOf<K>>[] = [];
  for (const { ref, observation } of records) {
    const parts: readonly PartOf<K>[] | undefined = observation?.[kind];
    if (parts === undefined) continue;
    for (const part of parts) found.push({ ref, part });
  }
  return found;
}

/** The runs that saw these parts, each once. */
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
