/** `run-view.js`: what to say while a run goes on, and when it cannot. Pure. */
export const RUN_VIEW_JS = /* js */ `
import { probeName } from './probes-view.js';

/**
 * @typedef {{ probe: string, name: string, started: number, ended: number, ok: number }} Step
 * @typedef {{ done: number, total: number, steps: readonly Step[], final: string | null }} Progress
 */

/**
 * A run of which nothing has been heard yet.
 * @type {Progress}
 */
export const NO_PROGRESS = { done: 0, total: 0, steps: [], final: null };

/**
 * The progress after an event: one step for each kind of probe, in the order in which they began.
 * @param {Progress} progress
 * @param {Pick<ProbeEvent, 'phase' | 'ref' | 'done' | 'total' | 'record' | 'soFar'>} event
 */
export function advance({ steps, final }, { phase, ref, done, total, record, soFar }) {
  const [probe = ref] = ref.split(' ', 1);
  const known = steps.find((step) => step.probe === probe) ?? { probe, name: probeName(probe), started: 0, ended: 0, ok: 0 };
  const next = {
    ...known,
    started: known.started + (phase === 'started' ? 1 : 0),
    ended: known.ended + (phase === 'ended' ? 1 : 0),
    ok: known.ok + (record?.outcome === 'ok' ? 1 : 0),
  };
  const others = steps.includes(known) ? steps.map((step) => (step === known ? next : step)) : [...steps, next];
  return { done, total, steps: others, final: soFar?.isFinal === true ? viewFinal(soFar) : final };
}

/**
 * What is said once nothing that is still out can change the colour. Its sentence may become richer yet.
 * @param {NonNullable<ProbeEvent['soFar']>} soFar
 */
function viewFinal({ summary: { colour, sentence } }) {
  return colour.charAt(0).toUpperCase() + colour.slice(1) + ', whatever is still out. ' + sentence;
}

/** 'HTTPS 1 of 2', and how the step stands. */
export function viewStep({ name, started, ended, ok }) {
  const text = started > 1 ? name + ' ' + ended + ' of ' + started : name;
  return { text, state: ended < started ? 'now' : ok > 0 ? 'done' : 'over' };
}

/**
 * What an answer that is no report means, and for how many seconds to wait before the next attempt.
 * @param {number} status - HTTP status
 * @param {{ title?: unknown, detail?: unknown } | null} problem - problem details, if they came
 * @param {string | null} retryAfter - the header
 */
export function viewProblem(status, problem, retryAfter) {
  const seconds = Number(retryAfter ?? 0);
  const waitS = Number.isFinite(seconds) && seconds > 0 ? Math.ceil(Math.min(seconds, 3600)) : 0;
  if (status === 429) {
    return { text: 'That was often: the app lets some time pass between runs. The latest report stays.', waitS: Math.max(waitS, 1) };
  }
  const words = [problem?.title, problem?.detail].filter((word) => typeof word === 'string' && word !== '');
  const text = words.length > 0 ? words.join('. ').replace(/\\.?$/, '.') : 'The app answered ' + status + '.';
  return { text, waitS };
}
`;
