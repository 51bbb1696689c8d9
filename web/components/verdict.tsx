import type { ComponentChildren } from 'preact';
import type { VerdictView } from '../words/view.js';
import { Sign } from './sign.js';

/**
 * The colour, the sentence, and what to do next.
 * @param children - where the report came from
 */
export function Verdict({ view, children }: { view: VerdictView; children?: ComponentChildren }) {
  const { level, headline, sentence, nextSteps = [] } = view;
  return (
    <div class={`verdict ${level}`}>
      <Sign level={level} />
      <div>
        <h3>{headline}</h3>
        <p>{sentence}</p>
        {nextSteps.length > 0 && (
          <ul class="next">
            {nextSteps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ul>
        )}
        {children !== undefined && <p class="small muted">{children}</p>}
      </div>
    </div>
  );
}
