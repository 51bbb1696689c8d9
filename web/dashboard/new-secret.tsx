import { useState } from 'preact/hooks';
import type { CreatedSecret } from './answers.js';
import { inProject, postJson } from './api.js';
import { Submit, TextField } from './form.js';
import { ShownOnce } from './shown-once.js';
import { useForm } from './use-form.js';

/** Makes a secret, and shows it once. `onMade` brings the list up to date. */
export function NewSecret({ onMade }: { onMade(): Promise<void> }) {
  const [created, setCreated] = useState<CreatedSecret | null>(null);
  const form = useForm(['label'], async (values) => {
    setCreated(await postJson<CreatedSecret>(inProject('secrets'), { label: values.get('label') }));
    await onMade();
  });
  return (
    <section class="card" aria-labelledby="create-title">
      <h2 id="create-title">New secret</h2>
      <form class="line" onSubmit={form.onSubmit}>
        <TextField
          name="label"
          label="Label"
          form={form}
          input={{ placeholder: 'What is it for?', maxLength: 60 }}
        />
        <Submit form={form}>Create API secret</Submit>
      </form>
      <div class="created" role="status">
        {created !== null && <Created {...created} />}
      </div>
    </section>
  );
}

function Created({ secret, envLine }: CreatedSecret) {
  const copies = [
    { words: 'Copy secret', text: secret },
    { words: `Copy as ${envLine.split('=')[0]}=…`, text: envLine },
  ];
  return <ShownOnce what="API secret" text={secret} copies={copies} />;
}
