import { within } from '../../async/index.js';
import type { ProbeContext } from '../probe.js';

/** How long before the report's deadline a run ends, in milliseconds. */
const MARGIN_MS = 40;

/**
 * Runs `use` with a signal that fires shortly before the report's deadline, or with the report's own. So a run that
 * still waits for one server returns what the others said.
 */
export function withSoftEnd<T>(context: ProbeContext, use: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const remaining = context.remaining();
  return within(remaining - Math.min(MARGIN_MS, remaining / 10), context.signal, use);
}
