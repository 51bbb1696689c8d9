/** What to say while the platform calls an app back. Pure. */
import type { RunProgress } from '../dashboard/answers.js';
import { durationText } from './format.js';

type Phase = Exclude<RunProgress['phase'], 'failed'>;

const PHASES: readonly [Phase, string][] = [
  ['connecting', 'Connecting'],
  ['authorising', 'Showing the grant'],
  ['running', 'Running'],
  ['done', 'Report'],
];
const WORDS: Readonly<Record<Exclude<Phase, 'done'>, string>> = {
  connecting: 'Connecting to the app…',
  authorising: 'Showing the grant…',
  running: 'The app runs its diagnostics…',
};

/** What is known of a run. */
export interface RunState {
  progress: Pick<RunProgress, 'phase' | 'elapsedMs'> & { failure?: { message: string } };
  /** The latest step; a run that failed, failed in it. */
  reached: Phase;
}

/** A run in words. */
export interface RunView {
  steps: { title: string; state: 'done' | 'now' | 'failed' | '' }[];
  text: string;
  hasFailed: boolean;
}

/** The state after a step. @param before - `null`: nothing was known before it */
export function advance(before: RunState | null, progress: RunState['progress']): RunState {
  const { phase } = progress;
  return { progress, reached: phase === 'failed' ? (before?.reached ?? 'connecting') : phase };
}

export function viewRun({ progress, reached }: RunState): RunView {
  const { phase, elapsedMs, failure } = progress;
  const hasFailed = phase === 'failed';
  const at = PHASES.findIndex(([name]) => name === reached);
  const took = durationText(elapsedMs);
  const steps = PHASES.map(([, title], index) => {
    if (index < at || phase === 'done') return { title, state: 'done' as const };
    if (index > at) return { title, state: '' as const };
    return { title, state: hasFailed ? ('failed' as const) : ('now' as const) };
  });
  if (phase === 'done') return { steps, text: `Report received after ${took}.`, hasFailed };
  if (phase === 'failed') {
    return { steps, text: `Failed after ${took}: ${failure?.message ?? 'nobody said why.'}`, hasFailed };
  }
  return { steps, text: WORDS[phase], hasFailed };
}
