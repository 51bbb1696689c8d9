/** What to say while a run goes on, and when it cannot start. Pure. */
import type { ProbeEvent } from '../../lib/index.js';
import { probeName } from './probes.js';

/** All runs of one kind of probe. */
export interface Step {
  probe: string;
  name: string;
  started: number;
  ended: number;
  ok: number;
}

/** How far a run is. */
export interface Progress {
  done: number;
  total: number;
  /** In the order in which they began. */
  steps: readonly Step[];
  /** What is said when the colour is final. */
  final: string | null;
}

/** Why there is no report, and for how many seconds to wait before the next attempt. */
export interface ProblemView {
  text: string;
  waitS: number;
}

/** A run without any event yet. */
export const NO_PROGRESS: Progress = { done: 0, total: 0, steps: [], final: null };

/** The progress after an event. */
export function advance(
  { steps, final }: Progress,
  { phase, ref, done, total, record, soFar }: ProbeEvent,
): Progress {
  const [probe = ref] = ref.split(' ', 1);
  const known = steps.find((step) => step.probe === probe) ?? {
    probe,
    name: probeName(probe),
    started: 0,
    ended: 0,
    ok: 0,
  };
  const next = {
    ...known,
    started: known.started + (phase === 'started' ? 1 : 0),
    ended: known.ended + (phase === 'ended' ? 1 : 0),
    ok: known.ok + (record?.outcome === 'ok' ? 1 : 0),
  };
  const others = steps.includes(known)
    ? steps.map((step) => (step === known ? next : step))
    : [...steps, next];
  return { done, total, steps: others, final: soFar?.isFinal === true ? viewFinal(soFar) : final };
}

/** Said as soon as no unfinished probe can change the colour. Its sentence may still become longer. */
function viewFinal({ summary: { colour, sentence } }: NonNullable<ProbeEvent['soFar']>): string {
  return `${colour.charAt(0).toUpperCase()}${colour.slice(1)}, whatever is still out. ${sentence}`;
}

/** 'HTTPS 1 of 2', and how the step stands. */
export function viewStep({ name, started, ended, ok }: Step): {
  text: string;
  state: 'now' | 'done' | 'over';
} {
  const text = started > 1 ? `${name} ${ended} of ${started}` : name;
  return { text, state: ended < started ? 'now' : ok > 0 ? 'done' : 'over' };
}

/**
 * What an answer means that is not a report.
 * @param status - HTTP status
 * @param problem - problem details, if they came
 * @param retryAfter - the header
 */
export function viewProblem(status: number, problem: unknown, retryAfter: string | null): ProblemView {
  const seconds = Number(retryAfter ?? 0);
  const waitS = Number.isFinite(seconds) && seconds > 0 ? Math.ceil(Math.min(seconds, 3600)) : 0;
  if (status === 429) {
    return {
      text: 'That was often: the app lets some time pass between runs. The latest report stays.',
      waitS: Math.max(waitS, 1),
    };
  }
  const { title, detail } = (problem ?? {}) as { title?: unknown; detail?: unknown };
  const words = [title, detail].filter((word) => typeof word === 'string' && word !== '');
  const text = words.length > 0 ? words.join('. ').replace(/\.?$/, '.') : `The app answered ${status}.`;
  return { text, waitS };
}
