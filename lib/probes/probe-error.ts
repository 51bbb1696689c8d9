import { codeOf, messageOf } from '../errors.js';
import type { ProbeError } from '../report/index.js';
import { printable } from '../text.js';

/** Anything thrown as it enters a report: bounded, and no text of strangers unclean. */
export function probeError(error: unknown): ProbeError {
  return { code: codeOf(error), message: printable(messageOf(error)) };
}
