import { useState } from 'preact/hooks';
import { fetchText } from './api.js';

/** The latest report to pass on. */
export function Copy({ isThere }: { isThere: boolean }) {
  const [isRedacted, setIsRedacted] = useState(true);
  const [note, setNote] = useState('');
  const urlOf = (path: string) => (isRedacted ? `${path}?redact=1` : path);
  const asText = () => fetchText(urlOf('./report.txt'), 'text/plain');
  const asJson = async () =>
    JSON.stringify(JSON.parse(await fetchText(urlOf('./report'), 'application/json')), null, 2);
  const copy = async (what: string, text: Promise<string>) => {
    const kind = isRedacted ? `redacted ${what}` : `${what}, with all addresses`;
    // Emptied first, so that the same words are read out a second time.
    setNote('');
    const refusal = await toClipboard(text).then(
      () => null,
      (error: Error) => error,
    );
    // When the text could not be fetched, its own error says more than the clipboard's.
    const failure = await text.then(
      () => refusal,
      (error: Error) => error,
    );
    setNote(
      failure === null
        ? `Copied the ${kind}: ${(await text).length} characters.`
        : `Not copied: ${failure.message}. The links open the same.`,
    );
  };
  return (
    <section id="copy" class="card" aria-labelledby="copy-title" hidden={!isThere}>
      <h2 id="copy-title">Pass it on</h2>
      <p class="choice">
        <input
          id="redact"
          type="checkbox"
          checked={isRedacted}
          onChange={({ currentTarget }) => setIsRedacted(currentTarget.checked)}
          // Otherwise a browser that goes back to the page could change the tick without an event.
          autoComplete="off"
          aria-describedby="redact-note"
        />
        <label for="redact">Redact</label>
        <span id="redact-note" class="small muted">
          Addresses, host names and ids become tokens; ports, latencies and conclusions stay.
        </span>
      </p>
      <div class="buttons">
        <button type="button" onClick={() => void copy('text', asText())}>
          Copy as text
        </button>
        <button type="button" onClick={() => void copy('JSON', asJson())}>
          Copy as JSON
        </button>
        <a href={urlOf('./report.txt')}>Open as text</a>
        <a href={urlOf('./report')}>Open as JSON</a>
      </div>
      <p id="copied" class="small" role="status">
        {note}
      </p>
    </section>
  );
}

/** Some browsers let a page copy only right after a click, but take a promise of a text that comes later. */
async function toClipboard(text: Promise<string>): Promise<void> {
  // Absent when the page was not loaded over https or from this machine.
  const clipboard: Clipboard | undefined = navigator.clipboard;
  if (clipboard === undefined) throw new Error('the browser does not let this page copy');
  if (typeof ClipboardItem === 'undefined') return clipboard.writeText(await text);
  const blob = text.then((body) => new Blob([body], { type: 'text/plain' }));
  return clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
}
