import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { shownText } from '../words/endpoints.js';
import { ago, dateTime, dayText } from '../words/format.js';
import type { LinkAnswer, UserJson } from './answers.js';
import { inPlatform, postJson, remove, sendJson } from './api.js';
import { Confirm } from './confirm.js';
import { FormCard, TextField } from './form.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Row, Rows } from './rows.js';
import { ShownOnce } from './shown-once.js';
import { useForm } from './use-form.js';
import { type ListModel, useList } from './use-list.js';
import { useNow } from './use-now.js';
import { useSettled } from './use-settled.js';

const PATH = inPlatform('users');

/** A link that signs somebody in once. */
interface Link extends LinkAnswer {
  /** Whom. */
  name: string;
}

/** The users of the platform. */
export function UsersPage(props: PageProps) {
  const { me } = props;
  const [typed, setTyped] = useState('');
  const search = useSettled(typed);
  const list = useList<UserJson>(search === '' ? PATH : `${PATH}?${new URLSearchParams({ search })}`);
  const [link, setLink] = useState<Link | null>(null);
  const mayWrite = me?.may('platform:write', '') === true;
  const makeLink = async ({ id, name }: Pick<UserJson, 'id' | 'name'>) =>
    setLink({ ...(await postJson<LinkAnswer>(`${PATH}/${id}/link`)), name });
  return (
    <Frame
      {...props}
      section="users"
      connection={list}
      of={list.items}
      heading={
        <Heading title="Users">
          Who can sign in to this platform. What a user sees is decided by the members of each project.
        </Heading>
      }
    >
      {mayWrite && <NewUser list={list} onAdded={makeLink} />}
      <div class="created" role="status">
        {link !== null && <MadeLink key={link.url} link={link} />}
      </div>
      <Search value={typed} onType={setTyped}>
        {list.items !== null && search !== '' && shownText(list.items.length, list.hasMore, null)}
      </Search>
      <Rows
        title={search === '' ? 'All users' : 'Users found'}
        list={list}
        none={search === '' ? 'Nobody yet.' : 'Nobody has that in the name or the e-mail address.'}
        keyOf={({ id }) => id}
      >
        {(user) => (
          <User
            user={user}
            isOwn={user.id === me?.answer.id}
            list={mayWrite ? list : null}
            makeLink={() => makeLink(user)}
          />
        )}
      </Rows>
    </Frame>
  );
}

function NewUser({
  list,
  onAdded,
}: {
  list: ListModel<UserJson>;
  onAdded(user: Pick<UserJson, 'id' | 'name'>): Promise<void>;
}) {
  const form = useForm(['name', 'email'], async (values) => {
    const email = values.get('email');
    const { user } = await postJson<{ user: UserJson }>(PATH, {
      name: values.get('name'),
      ...(email === '' ? {} : { email }),
      isAdministrator: values.has('isAdministrator'),
    });
    await list.reload();
    await onAdded(user);
  });
  return (
    <FormCard title="Add a user" form={form} submit="Add, and make a sign-in link">
      <div class="pair">
        <TextField name="name" label="Name" form={form} input={{ maxLength: 60, required: true }} />
        <TextField
          name="email"
          label="E-mail (may be empty)"
          form={form}
          input={{ type: 'email', maxLength: 254 }}
        />
      </div>
      <div class="checks">
        <label>
          <input type="checkbox" name="isAdministrator" />
          <span>
            Administrator: may do everything, in all projects{' '}
            <span class="small muted">and decides about users and projects</span>
          </span>
        </label>
      </div>
    </FormCard>
  );
}

/** @param children - how many there are */
function Search({
  value,
  onType,
  children,
}: {
  value: string;
  onType(text: string): void;
  children: ComponentChildren;
}) {
  return (
    <search class="controls">
      <label class="field" for="search">
        <span>Search a name or an e-mail address</span>
        <input
          id="search"
          type="search"
          autoComplete="off"
          spellcheck={false}
          maxLength={254}
          value={value}
          onInput={({ currentTarget }) => onType(currentTarget.value)}
        />
      </label>
      <p class="small muted" role="status">
        {children}
      </p>
    </search>
  );
}

function MadeLink({ link: { name, url, expiresAt } }: { link: Link }) {
  const text = useRef<HTMLParagraphElement>(null);
  // Who made it may be far down in the list.
  useEffect(() => text.current?.scrollIntoView({ block: 'center' }), []);
  return (
    <>
      <p ref={text}>
        Give this link to <bdi>{name}</bdi>: whoever opens it first, until {dateTime(expiresAt)}, signs in as
        that user and can choose a password.
      </p>
      <ShownOnce what="One-time link" text={url} copies={[{ words: 'Copy link', text: url }]} />
    </>
  );
}

/** @param list - `null`: the reader changes nothing */
function User({
  user: { id, name, email, isAdministrator, isFromProvider, createdAt, disabledAt, lastSignInAt },
  isOwn,
  list,
  makeLink,
}: {
  user: UserJson;
  isOwn: boolean;
  list: ListModel<UserJson> | null;
  makeLink(): Promise<void>;
}) {
  const now = useNow();
  const about = [
    email ?? '',
    `added ${dayText(createdAt)}`,
    isFromProvider ? 'comes by the provider' : '',
    lastSignInAt === null ? 'never signed in' : `last sign-in ${ago(lastSignInAt, now)}`,
  ];
  const change = (body: object) => list?.change(() => sendJson('PATCH', `${PATH}/${id}`, body));
  return (
    <Row name={isOwn ? `${name} (you)` : name} about={about.filter((text) => text !== '').join(' · ')}>
      {isAdministrator && <span class="chip">Administrator</span>}
      {disabledAt !== null && <span class="chip red">Disabled</span>}
      {list !== null && (
        <div class="buttons">
          {disabledAt === null && (
            <button
              type="button"
              class="small"
              aria-label={`Sign-in link for ${name}`}
              onClick={() => void list.change(makeLink)}
            >
              Sign-in link
            </button>
          )}
          {!isOwn && disabledAt === null && (
            <>
              {isAdministrator ? (
                <button
                  type="button"
                  class="small"
                  aria-label={`No longer administrator: ${name}`}
                  onClick={() => void change({ isAdministrator: false })}
                >
                  No longer administrator
                </button>
              ) : (
                <Confirm
                  ask="Make administrator"
                  about={name}
                  sure="Make administrator, and end password and sign-ins"
                  onSure={() =>
                    list.change(async () => {
                      await sendJson('PATCH', `${PATH}/${id}`, { isAdministrator: true });
                      if (!isFromProvider) await makeLink();
                    })
                  }
                />
              )}
              <Confirm
                ask="Disable"
                about={name}
                sure="Disable, and end all sign-ins and API tokens"
                onSure={async () => change({ isDisabled: true })}
              />
            </>
          )}
          {disabledAt !== null && (
            <>
              <button
                type="button"
                class="small"
                aria-label={`Enable ${name}`}
                onClick={() => void change({ isDisabled: false })}
              >
                Enable
              </button>
              <Confirm
                ask="Remove"
                about={name}
                sure="Remove for good"
                onSure={() => list.change(() => remove(`${PATH}/${id}`))}
              />
            </>
          )}
        </div>
      )}
    </Row>
  );
}
