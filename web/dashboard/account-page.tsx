import { useState } from 'preact/hooks';
import { agentText } from '../words/access.js';
import { ago, dateTime } from '../words/format.js';
import type { SignInJson } from './answers.js';
import { inPlatform, remove, sendJson } from './api.js';
import { Card } from './card.js';
import { FormCard, TextField } from './form.js';
import { Frame, Heading, type PageProps } from './frame.js';
import { Row, Rows } from './rows.js';
import { useForm } from './use-form.js';
import { useList } from './use-list.js';
import { useNow } from './use-now.js';

/** Whoever is signed in: password, and where else. */
export function AccountPage(props: PageProps) {
  const list = useList<SignInJson>(inPlatform('me/sign-ins'));
  const now = useNow();
  const end = (path: string) => list.change(() => remove(inPlatform(path)));
  const others = list.items?.filter(({ isCurrent }) => !isCurrent) ?? [];
  return (
    <Frame
      {...props}
      section=""
      connection={list}
      of={list.items}
      heading={<Heading title={props.me?.answer.name ?? 'Your account'} />}
    >
      <Password way={list.items?.find(({ isCurrent }) => isCurrent)?.way} />
      <Rows title="Where you are signed in" list={list} none="Nowhere." keyOf={({ id }) => id}>
        {({ id, agent, address, createdAt, seenAt, isCurrent }) => (
          <Row
            name={<span title={agent}>{agentText(agent)}</span>}
            about={[
              address ?? 'this machine',
              `since ${dateTime(createdAt)}`,
              isCurrent ? '' : `last seen ${ago(seenAt, now)}`,
            ]
              .filter((text) => text !== '')
              .join(' · ')}
          >
            {isCurrent ? (
              <span class="chip green">This browser</span>
            ) : (
              <button
                type="button"
                class="small danger"
                aria-label={`End ${agentText(agent)}, since ${dateTime(createdAt)}`}
                onClick={() => void end(`me/sign-ins/${id}`)}
              >
                End
              </button>
            )}
          </Row>
        )}
      </Rows>
      <div class="buttons">
        <button
          type="button"
          class="danger"
          disabled={others.length === 0}
          onClick={() => void end('me/sign-ins')}
        >
          Sign out everywhere else
        </button>
      </div>
    </Frame>
  );
}

/** @param way - how this browser was signed in; `undefined`: that is not known */
function Password({ way }: { way: SignInJson['way'] | undefined }) {
  const [isDone, setIsDone] = useState(false);
  const form = useForm(['current', 'next'], async (values) => {
    setIsDone(false);
    await sendJson('PUT', inPlatform('me/password'), {
      current: values.get('current'),
      next: values.get('next'),
    });
    setIsDone(true);
  });
  // Who has just come by a one-time link may have lost his password; the platform says when that is too long ago.
  const isKnown = way !== 'code' || form.faultOf('current') !== undefined;
  if (way === 'oidc') {
    return (
      <Card title="Password">
        <p class="muted">You sign in by single sign-on: your password is kept there.</p>
      </Card>
    );
  }
  return (
    <FormCard
      title="Password"
      form={form}
      layout="stack narrow"
      submit={isKnown ? 'Change password' : 'Choose this password'}
      done={isDone ? 'Changed.' : ''}
    >
      {isKnown && (
        <TextField
          name="current"
          label="Current password"
          form={form}
          input={{ type: 'password', autoComplete: 'current-password', required: true }}
        />
      )}
      <TextField
        name="next"
        label="New password"
        hint="10 characters or more. Wherever else you are signed in, that ends."
        form={form}
        input={{
          type: 'password',
          autoComplete: 'new-password',
          required: true,
          minLength: 10,
          maxLength: 200,
        }}
      />
    </FormCard>
  );
}
