import { abortable } from '../async/index.js';
import type { EndedBy, Family, Outcome, ProbeError, ProbeRecord } from '../report/index.js';
import {
  micros,
  type PlannedRun,
  type Probe,
  type ProbeContext,
  type ProbeTargets,
  probeError,
  type RunResult,
} from './probe.js';

/** The reason of a report's signal: why the report ended. */
export class ReportEnded extends Error {
  override name = 'ReportEnded';
  readonly by: Exclude<EndedBy, 'finished'>;

  constructor(by: Exclude<EndedBy, 'finished'>) {
    super(`the report ended: ${by}`);
    this.by = by;
  }
}

/** A planned run with the name that it has in the report. */
export interface NamedRun {
  ref: string;
  probe: string;
  target?: string;
  family?: Family;
  planned: PlannedRun;
}

/** The outcome of a run that did not end by itself. */
const CUT: Readonly<Record<ReportEnded['by'], { outcome: Outcome; error: ProbeError }>> = {
  deadline: { outcome: 'timeout', error: { code: 'DEADLINE', message: 'no answer before the deadline' } },
  aborted: { outcome: 'aborted', error: { code: 'ABORTED', message: 'the report was cancelled' } },
  'no-route': {
    outcome: 'aborted',
    error: { code: 'NO_ROUTE', message: 'this machine has no route to anywhere' },
  },
};

/** The runs of a probe for these targets. */
export function planRuns(probe: Probe, targets: ProbeTargets): NamedRun[] {
  return probe.plan(targets).map((planned) => {
    const { target, family } = planned;
    const parts = [probe.name, family === undefined ? null : `IPv${family}`, target ?? null];
    return {
      ref: parts.filter((part) => part !== null).join(' '),
      probe: probe.name,
      ...(target === undefined ? {} : { target }),
      ...(family === undefined ? {} : { family }),
      planned,
    };
  });
}

/** Runs it until it ends or the context's signal fires. Never rejects. */
export async function runProbe({ planned, ...named }: NamedRun, context: ProbeContext): Promise<ProbeRecord> {
  const startedMs = context.elapsed();
  const result = await settle(planned, context);
  return {
    ...named,
    startedMs: micros(startedMs),
    durationMs: micros(context.elapsed() - startedMs),
    ...result,
  };
}

async function settle(
  planned: PlannedRun,
  context: ProbeContext,
): Promise<Pick<ProbeRecord, 'outcome' | 'error' | 'observation'>> {
  const { signal } = context;
  try {
    signal.throwIfAborted();
    return await abortable<RunResult>(planned.run(context), signal);
  } catch (error) {
    // A socket that is closed at the end may throw anything. The cause is the end of the report.
    if (signal.reason instanceof ReportEnded) return CUT[signal.reason.by];
    return { outcome: 'failed', error: probeError(error) };
  }
}
