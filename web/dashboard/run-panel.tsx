import { type RunState, viewRun } from '../words/dial-back.js';
import { untilText } from '../words/format.js';
import type { EndpointJson } from './answers.js';

/** The button of an endpoint, why it is grey, and the progress of its run. */
export function RunPanel({
  button,
  run,
  isPressed,
  onPress,
}: {
  /** `null`: not known yet. */
  button: EndpointJson['button'] | null;
  run: RunState | null;
  isPressed: boolean;
  /** `null`: the reader may not. */
  onPress: (() => void) | null;
}) {
  const view = run === null ? null : viewRun(run);
  return (
    <section class="card run" aria-labelledby="run-title">
      <h2 id="run-title" class="visually-hidden">
        Diagnostics
      </h2>
      <div class="press">
        {onPress !== null && (
          <button
            type="button"
            class="primary"
            disabled={isPressed || button?.enabled !== true}
            aria-describedby="run-reason"
            onClick={onPress}
          >
            Run Diagnostics
          </button>
        )}
        <p id="run-reason" class="muted">
          {button !== null &&
            (button.enabled && onPress === null
              ? 'Operators and admins of the project can run diagnostics.'
              : button.enabled
                ? `Granted ${untilText(button.until)}. The app answers in a few seconds.`
                : button.text)}
        </p>
      </div>
      {view !== null && (
        <ol class="steps" aria-hidden="true">
          {view.steps.map(({ title, state }) => (
            <li key={title} class={state}>
              {title}
            </li>
          ))}
        </ol>
      )}
      <p id="progress" role="status" class={view?.hasFailed === true ? 'failed' : ''}>
        {view?.text}
      </p>
    </section>
  );
}
