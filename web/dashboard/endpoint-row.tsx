import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import { buttonText, LEVEL_WORDS, labelsOf, nameText, stateText } from '../words/endpoints.js';
import { ago, dateTime, untilText } from '../words/format.js';
import type { EndpointRowJson } from './answers.js';
import { pageInProject } from './api.js';

/** One endpoint in the list. `onLabel` gets the label that was pressed, and has to stay the same. */
export function EndpointRow(props: { endpoint: EndpointRowJson; now: number; onLabel(label: string): void }) {
  const { endpoint, now, onLabel } = props;
  // The same row is the same object: nothing of it is rendered again when others change.
  return useMemo(() => <Row {...props} />, [endpoint, now, onLabel]);
}

function Row({
  endpoint,
  now,
  onLabel,
}: {
  endpoint: EndpointRowJson;
  now: number;
  onLabel(label: string): void;
}) {
  const { id, isOnline, attributes, attributeCount, button, latestReport } = endpoint;
  const hidden = attributeCount - attributes.length;
  return (
    <li data-endpoint={id}>
      <div class="who">
        <span class={isOnline ? 'dot on' : 'dot'} />
        <div>
          <a href={pageInProject(`endpoints/${id}`)}>
            <bdi>{nameText(endpoint)}</bdi>
          </a>
          <div class="small muted">{stateText(endpoint, now)}</div>
          <div class="labels">
            {labelsOf(endpoint).map((label) => (
              <button
                key={label}
                type="button"
                class="label"
                title={`Show those with ${label}`}
                onClick={() => onLabel(label)}
              >
                <bdi>{label}</bdi>
              </button>
            ))}
            {hidden > 0 && <span class="small muted">and {hidden} more</span>}
          </div>
        </div>
      </div>
      <Cell caption="Latest report">
        {latestReport === null ? (
          <span class="muted">{LEVEL_WORDS.none}</span>
        ) : (
          <>
            <span class={`chip ${latestReport.level}`}>{LEVEL_WORDS[latestReport.level]}</span>
            <span class="muted">{latestReport.headline}</span>
          </>
        )}
      </Cell>
      <Cell caption="Received">
        {latestReport !== null && (
          <>
            <span title={dateTime(latestReport.receivedAt)}>{ago(latestReport.receivedAt, now)}</span>
            <span class="muted">{latestReport.version !== '' && `iroh ${latestReport.version}`}</span>
          </>
        )}
      </Cell>
      <Cell caption="Diagnostics">
        <span class={button.enabled ? '' : 'muted'}>{buttonText(endpoint)}</span>
        {button.enabled && <span class="muted">{untilText(button.until)}</span>}
      </Cell>
    </li>
  );
}

function Cell({ caption, children }: { caption: string; children: ComponentChildren }) {
  return (
    <div class="cell">
      <span class="visually-hidden">{caption}</span>
      {children}
    </div>
  );
}
