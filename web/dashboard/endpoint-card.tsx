import { labelsOf, stateText } from '../words/endpoints.js';
import { ago, dateTime, shortId, untilText } from '../words/format.js';
import type { EndpointJson } from './answers.js';
import { urlOf } from './api.js';

/** One endpoint in the list. `onLabel` gets the label that was pressed. */
export function EndpointCard({
  endpoint,
  now,
  onLabel,
}: {
  endpoint: EndpointJson;
  now: number;
  onLabel(label: string): void;
}) {
  const { id, name, isOnline } = endpoint;
  return (
    <li class="card" data-endpoint={id}>
      <div class="who">
        <span class={isOnline ? 'dot on' : 'dot'} />
        <div>
          <a href={urlOf(`endpoints/${id}`)}>{name ?? shortId(id)}</a>
          <div>
            <span class="small muted">{stateText(endpoint, now)}</span>
          </div>
          <div class="labels">
            {labelsOf(endpoint).map((label) => (
              <button
                key={label}
                type="button"
                class="label"
                title={`Show those with ${label}`}
                onClick={() => onLabel(label)}
              >
                {label}
              </button>
            ))}
          </div>
        </div>
      </div>
      <div class="cell">
        <span class="caption">Last report</span>
        <LastReport report={endpoint.latestReport} now={now} />
      </div>
      <div class="cell">
        <span class="caption">Diagnostics</span>
        <Button endpoint={endpoint} />
      </div>
    </li>
  );
}

function LastReport({ report, now }: { report: EndpointJson['latestReport']; now: number }) {
  if (report === null) return <span class="muted">None yet</span>;
  const { level, headline, receivedAt } = report;
  return (
    <>
      <span class={`chip ${level}`}>{headline}</span>
      <span class="muted" title={dateTime(receivedAt)}>
        {ago(receivedAt, now)}
      </span>
    </>
  );
}

/** The state of the button on its page, in a word. */
function Button({ endpoint: { button, run } }: { endpoint: EndpointJson }) {
  const word = button.enabled ? 'Ready' : button.text.split(':')[0];
  return (
    <>
      <span>{run === null ? word : 'Running…'}</span>
      {button.enabled && <span class="muted">Granted {untilText(button.until)}</span>}
    </>
  );
}
