/** `run.js`: the button and the progress of a run. */
export const RUN_JS = /* js */ `
import { postJson } from './calls.js';
import { byId, el, setText } from './dom.js';
import { durationText, untilText } from './format.js';

const PHASES = [
  ['connecting', 'Connecting'],
  ['authorising', 'Showing the grant'],
  ['running', 'Running'],
  ['done', 'Report'],
];
const WORDS = {
  connecting: 'Connecting to the app…',
  authorising: 'Showing the grant…',
  running: 'The app runs its diagnostics…',
};

/** Owns the button, the steps and the status line of one endpoint. */
export function runControl(endpointId) {
  const button = byId('run');
  const reason = byId('run-reason');
  const steps = byId('steps');
  const status = byId('progress');
  const items = PHASES.map(([, title]) => el('li', {}, title));
  steps.append(...items);
  let last = 'connecting';
  let isPressed = false;

  const paint = (phase) => {
    const failed = phase === 'failed';
    const at = PHASES.findIndex(([name]) => name === (failed ? last : phase));
    for (const [index, item] of items.entries()) {
      const isNow = index === at && phase !== 'done';
      item.className = index < at || phase === 'done' ? 'done' : isNow ? (failed ? 'failed' : 'now') : '';
    }
    if (!failed) last = phase;
    steps.hidden = false;
  };

  /** A step of a run. */
  const showProgress = (progress) => {
    paint(progress.phase);
    status.classList.toggle('failed', progress.phase === 'failed');
    const took = durationText(progress.elapsedMs);
    if (progress.phase === 'done') setText(status, 'Report received after ' + took + '.');
    else if (progress.phase === 'failed') setText(status, 'Failed after ' + took + ': ' + progress.failure.message);
    else setText(status, WORDS[progress.phase]);
  };

  /** The state of the button, as the platform has it. */
  const showState = ({ button: state, run }) => {
    button.disabled = isPressed || !state.enabled;
    setText(reason, state.enabled ? 'Granted ' + untilText(state.until) + '. The app answers in a few seconds.' : state.text);
    if (run !== null) showProgress(run);
  };

  button.addEventListener('click', async () => {
    isPressed = true;
    button.disabled = true;
    showProgress({ phase: 'connecting', elapsedMs: 0 });
    try {
      await postJson('api/endpoints/' + endpointId + '/diagnostics');
    } catch (error) {
      showProgress({ phase: 'failed', elapsedMs: 0, failure: { message: error.message } });
    } finally {
      isPressed = false;
    }
  });
  return { showProgress, showState };
}
`;
