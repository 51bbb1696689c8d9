import { useState } from 'preact/hooks';
import type { CreatedSecret } from './answers.js';
import { inProject, messageOf, postJson } from './api.js';
import { CopyButton } from './copy-button.js';

/** Makes a secret, and shows it once. `onError` gets what went wrong, or an empty text. */
export function NewSecret({ onError }: { onError(message: string): void }) {
  const [label, setLabel] = useState('');
  const [created, setCreated] = useState<CreatedSecret | null>(null);
  const create = async () => {
    try {
      setCreated(await postJson<CreatedSecret>(inProject('secrets'), { label }));
      setLabel('');
      onError('');
    } catch (error) {
      onError(messageOf(error));
    }
  };
  return (
    <section class="card" aria-labelledby="create-title">
      <h2 id="create-title">New secret</h2>
      <form
        class="line"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label class="field" for="label">
          Label
          <input
            id="label"
            name="label"
            maxLength={60}
            autoComplete="off"
            placeholder="What is it for?"
            value={label}
            onInput={({ currentTarget }) => setLabel(currentTarget.value)}
          />
        </label>
        <button type="submit" class="primary">
          Create API secret
        </button>
      </form>
      <div class="created" role="status">
        {created !== null && <Created {...created} />}
      </div>
    </section>
  );
}

function Created({ secret, envLine }: CreatedSecret) {
  return (
    <>
      <p>
        <strong>Copy it now: it is shown once and not stored.</strong>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is marked and copied by keyboard alone */}
      <section tabIndex={0} aria-label="API secret">
        <pre>{secret}</pre>
      </section>
      <div class="buttons">
        <CopyButton text={secret}>Copy secret</CopyButton>
        <CopyButton text={envLine}>Copy as .env line</CopyButton>
        <span class="small muted mono">{envLine.split('=')[0]}=…</span>
      </div>
    </>
  );
}
