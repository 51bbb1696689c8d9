import { useState } from 'preact/hooks';
import type { CreatedSecret } from './answers.js';
import { inProject, postJson } from './api.js';
import { FormCard, TextField } from './form.js';
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
    <FormCard
      title="New secret"
      form={form}
      layout="line"
      submit="Create API secret"
      below={
        <div class="created" role="status">
          {created !== null && <Created {...created} />}
        </div>
      }
    >
      <TextField
        name="label"
        label="Label"
        form={form}
        input={{ placeholder: 'What is it for?', maxLength: 60 }}
      />
    </FormCard>
  );
}

function Created({ secret, envLine }: CreatedSecret) {
  const copies = [
    { words: 'Copy secret', text: secret },
    { words: `Copy as ${envLine.split('=')[0]}=…`, text: envLine },
  ];
  return <ShownOnce what="API secret" text={secret} copies={copies} />;
}
