import { type Progress, viewStep } from '../words/run.js';
import type { Run } from './use-run.js';

/** The button, and the progress of its run. */
export function RunPanel({ run, onPress }: { run: Run; onPress(): void }) {
  const { progress, said, hasFailed, waitS } = run;
  // The button can always be focused: it is marked as not usable instead of being disabled.
  const isUsable = progress === null && waitS <= 0;
  return (
    <>
      <div class="press">
        <button
          id="run"
          type="button"
          class="primary"
          aria-describedby="run-note"
          aria-disabled={!isUsable}
          onClick={onPress}
        >
          Run diagnostics
        </button>
        <p id="run-note" class="muted">
          {waitS > 0
            ? `Can run again in ${waitS} s.`
            : 'Asks the relays and the gateway now; takes some seconds at most.'}
        </p>
      </div>
      {progress !== null && <Steps progress={progress} />}
      <p id="announce" role="status" class={hasFailed ? 'failed' : ''}>
        {said}
      </p>
    </>
  );
}

function Steps({ progress: { done, total, steps } }: { progress: Progress }) {
  return (
    <div class="progress">
      <progress max={Math.max(total, 1)} value={done} aria-label="Probes that have ended" />
      <ol class="steps" aria-hidden="true">
        {steps.map((step) => {
          const { text, state } = viewStep(step);
          return (
            <li key={step.probe} class={state}>
              {text}
            </li>
          );
        })}
      </ol>
    </div>
  );
}
