import { messageOf } from '../errors.js';
import type { ProbeError } from '../report/index.js';
import { printable } from '../text.js';

const CODE_FORM = /^[A-Z][A-Z0-9_]{0,63}$/;

/** The machine-readable code of anything thrown; `ERROR` when it has none. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && CODE_FORM.test(code) ? code : 'ERROR';
}

/** Anything thrown as it enters a report: bounded, and no text of strangers unclean. */
export function probeError(error: unknown): ProbeError {
  return { code: codeOf(error), message: printable(messageOf(error)) };
}
