import { colourOf } from './summary/colour.js';
import { nextStepsOf } from './summary/next-steps.js';
import { sentenceOf } from './summary/sentence.js';
import type { Summary, Verdict } from './types.js';

/** The verdict in one colour, one sentence and the next steps. Pure. */
export function summarise(verdict: Verdict): Summary {
  const colour = colourOf(verdict);
  return { colour, sentence: sentenceOf(verdict, colour), nextSteps: nextStepsOf(verdict, colour) };
}
