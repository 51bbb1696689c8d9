import { Fragment } from 'preact';
import { ROLE_WORDS, sourceWords } from '../words/access.js';
import { dayText } from '../words/format.js';
import type { MemberJson, Role } from './answers.js';
import { inProject, postJson, remove, sendJson } from './api.js';
import { Card } from './card.js';
import { Confirm } from './confirm.js';
import { Field, FormCard, TextField } from './form.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Row, Rows } from './rows.js';
import { useForm } from './use-form.js';
import { type ListModel, useList } from './use-list.js';

const ROLES = Object.keys(ROLE_WORDS) as Role[];

/** The members of a project, and their roles. */
export function MembersPage(props: PageProps) {
  const { me, project, root } = props;
  const list = useList<MemberJson>(inProject('members'));
  const mayWrite = me?.may('members:write', project) === true;
  return (
    <Frame
      {...props}
      section="members"
      connection={list}
      of={list.items}
      heading={<Heading title="Members">Who works in this project, and what each of them may do.</Heading>}
    >
      {mayWrite && (
        <Invite list={list} users={me.may('platform:write', '') ? `${root}/platform/users` : null} />
      )}
      <Rows title="All members" list={list} none="Nobody yet." keyOf={({ userId }) => userId}>
        {(member) => <Member member={member} list={list} mayWrite={mayWrite} ownId={me?.answer.id ?? ''} />}
      </Rows>
      <Card title="Roles">
        <dl class="roles">
          {ROLES.map((role) => (
            <Fragment key={role}>
              <dt>{ROLE_WORDS[role].name}</dt>
              <dd>{ROLE_WORDS[role].may}</dd>
            </Fragment>
          ))}
        </dl>
      </Card>
    </Frame>
  );
}

/** @param users - the page where users are added; `null`: not for this reader */
function Invite({ list, users }: { list: ListModel<MemberJson>; users: string | null }) {
  const form = useForm(['name', 'role'], async (values) => {
    await postJson(inProject('members'), { name: values.get('name'), role: values.get('role') });
    await list.reload();
  });
  return (
    <FormCard
      title="Add a member"
      form={form}
      layout="line"
      submit="Add"
      below={
        <p class="small muted">
          {users === null ? (
            'Whoever has no account yet gets one from an administrator of the platform.'
          ) : (
            <>
              Whoever has no account yet gets one under <a href={users}>Users</a>.
            </>
          )}
        </p>
      }
    >
      <TextField
        name="name"
        label="Name or e-mail of a user"
        form={form}
        input={{ maxLength: 254, required: true }}
      />
      <Field id="role" label="Role" fault={form.faultOf('role')}>
        <RoleChoice id="role" />
      </Field>
    </FormCard>
  );
}

function RoleChoice({
  id,
  value,
  label,
  onChoose,
}: {
  id?: string;
  value?: Role;
  label?: string;
  onChoose?(role: Role): void;
}) {
  return (
    <select
      {...{ id, value }}
      name="role"
      aria-label={label}
      onChange={({ currentTarget }) => onChoose?.(currentTarget.value as Role)}
    >
      {ROLES.map((role) => (
        <option key={role} value={role}>
          {ROLE_WORDS[role].name}
        </option>
      ))}
    </select>
  );
}

function Member({
  member: { userId, name, email, role, source, createdAt, isDisabled },
  list,
  mayWrite,
  ownId,
}: {
  member: MemberJson;
  list: ListModel<MemberJson>;
  mayWrite: boolean;
  ownId: string;
}) {
  const path = inProject(`members/${userId}`);
  const about = [email ?? '', `since ${dayText(createdAt)}`, sourceWords(source)];
  return (
    <Row
      name={userId === ownId ? `${name} (you)` : name}
      about={about.filter((text) => text !== '').join(' · ')}
    >
      {isDisabled && <span class="chip red">Disabled</span>}
      {mayWrite ? (
        <div class="buttons">
          <RoleChoice
            value={role}
            label={`Role of ${name}`}
            onChoose={(chosen) => void list.change(() => sendJson('PUT', path, { role: chosen }))}
          />
          <Confirm
            ask="Remove"
            about={name}
            sure="Remove from the project"
            onSure={() => list.change(() => remove(path))}
          />
        </div>
      ) : (
        <span class="chip">{ROLE_WORDS[role].name}</span>
      )}
    </Row>
  );
}
