import { dayText } from '../words/format.js';
import type { ProjectJson } from './answers.js';
import { inPlatform, postJson, remove } from './api.js';
import { Confirm } from './confirm.js';
import { FormCard, TextField } from './form.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Row, Rows } from './rows.js';
import { useForm } from './use-form.js';
import { type ListModel, useList } from './use-list.js';

const PATH = inPlatform('projects');
/** The project that every platform has. */
const ALWAYS = 'default';

/** The projects of the platform. */
export function ProjectsPage(props: PageProps) {
  const { me, root, refreshMe } = props;
  const list = useList<ProjectJson>(PATH);
  const mayWrite = me?.may('platform:write', '') === true;
  return (
    <Frame
      {...props}
      section="projects"
      connection={list}
      of={list.items}
      heading={
        <Heading title="Projects">
          Endpoints, API secrets, reports and members belong to a project: nothing of one is seen in another.
        </Heading>
      }
    >
      {mayWrite && <NewProject list={list} onAdded={refreshMe} />}
      <Rows title="All projects" list={list} none="None." keyOf={({ id }) => id}>
        {({ id, name, createdAt }) => (
          <Row
            name={<a href={`${root}/projects/${id}/endpoints`}>{name}</a>}
            about={
              <>
                <span class="mono">{id}</span>
                {/* The first one is older than the clock of its tables. */}
                {createdAt > 0 && ` · since ${dayText(createdAt)}`}
              </>
            }
          >
            {mayWrite && (
              <div class="buttons">
                <a
                  class="button small"
                  href={`${root}/projects/${id}/settings`}
                  aria-label={`Rename ${name}`}
                >
                  Rename
                </a>
                {id !== ALWAYS && (
                  <Confirm
                    ask="Remove"
                    about={name}
                    sure="Remove with all that is in it"
                    onSure={async () => {
                      await list.change(() => remove(`${PATH}/${id}`));
                      refreshMe();
                    }}
                  />
                )}
              </div>
            )}
          </Row>
        )}
      </Rows>
    </Frame>
  );
}

function NewProject({ list, onAdded }: { list: ListModel<ProjectJson>; onAdded(): void }) {
  const form = useForm(['name', 'id'], async (values) => {
    await postJson(PATH, { id: values.get('id'), name: values.get('name') });
    await list.reload();
    onAdded();
  });
  return (
    <FormCard title="Add a project" form={form} submit="Add project">
      <div class="pair">
        <TextField name="name" label="Name" form={form} input={{ maxLength: 60, required: true }} />
        <TextField
          name="id"
          label="Id"
          hint="For URLs; it stays: lower-case letters, digits and hyphens."
          form={form}
          input={{ maxLength: 40, required: true, spellcheck: false, autoCapitalize: 'none' }}
        />
      </div>
    </FormCard>
  );
}
