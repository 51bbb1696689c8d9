import { useEffect, useState } from 'preact/hooks';
import type { ProjectJson } from './answers.js';
import { getJson, inPlatform, messageOf, sendJson } from './api.js';
import { FormCard, TextField } from './form.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { useForm } from './use-form.js';

/** What the API answers about a project. */
interface ProjectAnswer {
  project: ProjectJson;
}

/** What a project is called. */
export function SettingsPage(props: PageProps) {
  const path = inPlatform(`projects/${props.project}`);
  const [known, setKnown] = useState<ProjectJson | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    getJson<ProjectAnswer>(path).then(
      ({ project }) => setKnown(project),
      (error: unknown) => setError(messageOf(error)),
    );
  }, []);
  const [isDone, setIsDone] = useState(false);
  const form = useForm(['name'], async (values) => {
    setIsDone(false);
    const { project } = await sendJson<ProjectAnswer>('PATCH', path, { name: values.get('name') });
    setKnown(project);
    setIsDone(true);
    props.refreshMe();
  });
  return (
    <Frame
      {...props}
      section="settings"
      connection={{ error }}
      of={known}
      heading={<Heading title="Settings">What this project is called, for everybody who sees it.</Heading>}
    >
      {known !== null && (
        <FormCard
          title="Rename the project"
          form={form}
          layout="stack narrow"
          submit="Rename"
          done={isDone ? 'Renamed.' : ''}
          below={
            <p class="small muted">
              Its id, <span class="mono">{known.id}</span>, stays: URLs and the API know the project by it.
            </p>
          }
        >
          <TextField
            name="name"
            label="Name"
            form={form}
            input={{ defaultValue: known.name, maxLength: 60, required: true }}
          />
        </FormCard>
      )}
    </Frame>
  );
}
