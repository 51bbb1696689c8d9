/** `run.js`: the button and the progress of a run. */
export const RUN_JS = /* js */ `
import { byId, el, keyedList, setText } from './dom.js';
import { readEvents } from './events.js';
import { viewSummary } from './report-view.js';
import { advance, NO_PROGRESS, viewProblem, viewStep } from './run-view.js';

/** A run that did not lead to a report; the message is for the reader. */
class NoReport extends Error {
  constructor({ text, waitS = 0 }) {
    super(text);
    this.waitS = waitS;
  }
}

const button = byId('run');
const note = byId('run-note');
const announce = byId('announce');
const usualNote = note.textContent;
const showSteps = keyedList(byId('steps'), (step) => step.probe, makeStep);

function makeStep() {
  const node = el('li', {});
  const update = (step) => {
    const { text, state } = viewStep(step);
    setText(node, text);
    node.className = state;
  };
  return { node, update };
}

function showProgress({ done, total, steps, final }) {
  const bar = byId('bar');
  bar.max = Math.max(total, 1);
  bar.value = done;
  showSteps(steps);
  if (final !== null) setText(announce, final);
}

/** The report of a run, with its progress on the page. */
async function measure() {
  const response = await fetch('./report', { method: 'POST', headers: { accept: 'text/event-stream' } }).catch(() => {
    throw new NoReport({ text: 'The app does not answer: is it running?' });
  });
  if (!response.ok) throw await problemOf(response);
  let progress = NO_PROGRESS;
  /** @type {{ report: LocalReport | null, problem: any }} */
  const end = { report: null, problem: null };
  // A connection that breaks is told by what is missing then.
  await readEvents(response, (name, data) => {
    if (name === 'probe') {
      progress = advance(progress, data);
      showProgress(progress);
    } else if (name === 'report') end.report = data.report;
    else if (name === 'problem') end.problem = data;
  }).catch(() => {});
  const { report, problem } = end;
  if (report !== null) return report;
  if (problem !== null) throw new NoReport(viewProblem(problem.status, problem, null));
  throw new NoReport({ text: 'The connection to the app broke before the report was there.' });
}

async function problemOf(response) {
  const problem = await response.json().catch(() => null);
  return new NoReport(viewProblem(response.status, problem, response.headers.get('retry-after')));
}

/** The button stays in the order of focus all the time: it is marked as not usable instead of being disabled. */
function setUsable(isUsable) {
  button.setAttribute('aria-disabled', String(!isUsable));
}

function countDown(seconds) {
  if (seconds <= 0) {
    setText(note, usualNote);
    setUsable(true);
    return;
  }
  setText(note, 'Can run again in ' + seconds + ' s.');
  setTimeout(countDown, 1000, seconds - 1);
}

async function run(onReport) {
  setUsable(false);
  showProgress(NO_PROGRESS);
  byId('progress').hidden = false;
  announce.classList.remove('failed');
  setText(announce, 'The diagnostics run…');
  let waitS = 0;
  try {
    const report = await measure();
    onReport(report);
    setText(announce, 'Done. ' + viewSummary(report).headline + '.');
  } catch (error) {
    if (!(error instanceof NoReport)) throw error;
    announce.classList.add('failed');
    setText(announce, error.message);
    waitS = error.waitS;
  } finally {
    byId('progress').hidden = true;
    countDown(waitS);
  }
}

/** Makes the button work. onReport gets each report that comes of it. */
export function setUpRun(onReport) {
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') run(onReport);
  });
}
`;
