import { useEffect, useState } from 'preact/hooks';
import type { LocalReport } from '../../lib/index.js';
import { viewSummary } from '../words/local-report.js';
import { NO_PROGRESS, type Progress } from '../words/run.js';
import { measure, NoReport } from './api.js';

/** The run that the page's button begins. */
export interface Run {
  /** `null`: none is under way. */
  progress: Progress | null;
  /** What is read out: how the run goes, how it ended. */
  said: string;
  hasFailed: boolean;
  /** Seconds until another one may begin. */
  waitS: number;
}

/** Before the first press. */
export const NO_RUN: Run = { progress: null, said: '', hasFailed: false, waitS: 0 };

/** @param onReport - gets the report of each run that gives one */
export function useRun(onReport: (report: LocalReport) => void): { run: Run; start(): void } {
  const [run, setRun] = useState(NO_RUN);
  const change = (changes: Partial<Run>) => setRun((before) => ({ ...before, ...changes }));

  useEffect(() => {
    if (run.waitS <= 0) return;
    const timer = setTimeout(() => change({ waitS: run.waitS - 1 }), 1000);
    return () => clearTimeout(timer);
  }, [run.waitS]);

  const start = async () => {
    if (run.progress !== null || run.waitS > 0) return;
    setRun({ progress: NO_PROGRESS, said: 'The diagnostics run…', hasFailed: false, waitS: 0 });
    try {
      const report = await measure((progress) =>
        change(progress.final === null ? { progress } : { progress, said: progress.final }),
      );
      onReport(report);
      change({ progress: null, said: `Done. ${viewSummary(report).headline}.` });
    } catch (error) {
      const { message, waitS } =
        error instanceof NoReport ? error : { message: `The page failed: ${String(error)}`, waitS: 0 };
      change({ progress: null, said: message, hasFailed: true, waitS });
    }
  };
  return { run, start: () => void start() };
}
