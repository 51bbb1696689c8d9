import type { Summary, Verdict } from '../types.js';
import { colourOf } from './colour.js';
import { nextStepsOf } from './next-steps.js';
import { sentenceOf } from './sentence.js';

export { colourOf, isGoodPeer } from './colour.js';

/** The verdict in one colour, one sentence and the next steps. Pure. */
export function summarise(verdict: Verdict): Summary {
  const colour = colourOf(verdict);
  return { colour, sentence: sentenceOf(verdict, colour), nextSteps: nextStepsOf(verdict, colour) };
}
