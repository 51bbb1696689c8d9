import type { RunObserver } from '../../platform/runs/index.js';

/** Runs that nobody counts or traces. */
export const UNOBSERVED: RunObserver = {
  traceHere: () => null,
  carryOut: (_run, work) => work(),
  ended: () => {},
};
