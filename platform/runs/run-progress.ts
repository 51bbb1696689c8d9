import type { RunProgress } from 'iroh-net-diagnostics/services';
import type { RunRecord } from '../store/run-rows.js';

/** Why a run failed that somebody ended. */
export const CANCELLED = 'The run was cancelled.';

/** A run as pages and callers of a dial-back follow it. */
export function toProgress(run: RunRecord): RunProgress {
  const { state, phase, reportId, failure } = run;
  return {
    endpointId: run.endpointId,
    phase: state === 'done' || state === 'failed' ? state : (phase ?? 'connecting'),
    startedAt: run.requestedAt,
    elapsedMs: run.elapsedMs,
    ...(reportId === null ? {} : { reportId }),
    ...(failure === null ? {} : { failure }),
  };
}

export function isOver({ state }: Pick<RunRecord, 'state'>): boolean {
  return state === 'done' || state === 'failed';
}
