import type { PairOutcome } from './pair.js';

/** Why the report of one side alone cannot know what a pair does, and the words of it that say what was not measured. */
export interface OneSideCannotKnow {
  reason: string;
  says: RegExp;
  /** The pair does now the one, now the other. */
  isByChance?: boolean;
}

/** What a colour claims of a pair. */
const CLAIMS: Readonly<Record<string, readonly PairOutcome[]>> = {
  green: ['direct'],
  orange: ['relayed', 'not connected'],
  red: ['relayed', 'not connected', 'not online', 'no relay'],
  grey: ['not online', 'no relay'],
  // What a platform says of an app that never came.
  offline: ['not online', 'no relay'],
};

/** Whether a colour says what the pair does. */
export function agrees(colour: string, outcome: PairOutcome): boolean {
  return CLAIMS[colour]?.includes(outcome) ?? false;
}

/**
 * What is wrong between the summary and the pair, as a sentence; null: nothing.
 */
export function disagreement(
  { colour, sentence, nextSteps }: { colour: string; sentence: string; nextSteps: readonly string[] },
  outcome: PairOutcome,
  exception?: OneSideCannotKnow,
): string | null {
  if (agrees(colour, outcome)) {
    return exception === undefined || exception.isByChance === true
      ? null
      : 'the pair agrees: nothing is to be excused';
  }
  const what = `${colour}, but the pair is ${outcome}`;
  if (exception === undefined) return what;
  const isSaid = [sentence, ...nextSteps].some((words) => exception.says.test(words));
  return isSaid ? null : `${what}, and nothing says ${exception.says}`;
}

/** What the official net report holds of direct connections. */
export interface OfficialFacts {
  udp_v4: boolean;
  udp_v6: boolean;
  mapping_varies_by_dest_ipv4: boolean | null;
  mapping_varies_by_dest_ipv6: boolean | null;
}

/** It names no colour. It says "direct" where UDP works in a family and its mapping is not known to vary. */
export function officialSaysDirect(report: OfficialFacts | null): boolean {
  if (report === null) return false;
  return (
    (report.udp_v4 && report.mapping_varies_by_dest_ipv4 !== true) ||
    (report.udp_v6 && report.mapping_varies_by_dest_ipv6 !== true)
  );
}
