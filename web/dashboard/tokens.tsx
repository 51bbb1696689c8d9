import { useState } from 'preact/hooks';
import { inOrder, PERMISSION_WORDS } from '../words/access.js';
import { ago, dayText } from '../words/format.js';
import type { CreatedToken, Permission, TokenJson } from './answers.js';
import { postJson, remove, urlOf } from './api.js';
import { Confirm } from './confirm.js';
import { Field, FormCard, TextField } from './form.js';
import { Row, Rows } from './rows.js';
import { ShownOnce } from './shown-once.js';
import { useForm } from './use-form.js';
import type { ListModel } from './use-list.js';
import { useNow } from './use-now.js';

const DAY_MS = 86_400_000;
const LIVES: readonly (readonly [days: string, words: string])[] = [
  ['90', '90 days'],
  ['30', '30 days'],
  ['7', '7 days'],
  ['365', 'A year'],
];

/** The API tokens of a project or of the platform. */
export interface TokensProps {
  list: ListModel<TokenJson>;
  /** Of the list. */
  path: string;
  /** What a token may be given; empty: the reader makes none. */
  offered: readonly Permission[];
  /** Whether one may last for ever. */
  mayBeEndless: boolean;
  /** What a token can be tried with: a path of the API. */
  example: string;
}

export function Tokens({ list, path, ...rest }: TokensProps) {
  return (
    <>
      {rest.offered.length > 0 && <NewToken list={list} path={path} {...rest} />}
      <Rows title="Issued tokens" list={list} none="None yet." keyOf={({ id }) => id}>
        {(token) => (
          <Token
            token={token}
            mayRevoke={rest.offered.length > 0}
            onRevoke={() => list.change(() => remove(`${path}/${token.id}`))}
          />
        )}
      </Rows>
    </>
  );
}

function NewToken({ list, path, offered, mayBeEndless, example }: TokensProps) {
  const [created, setCreated] = useState<CreatedToken | null>(null);
  const form = useForm(['label', 'permissions', 'expiresAt'], async (values) => {
    const days = values.get('days');
    setCreated(
      await postJson<CreatedToken>(path, {
        label: values.get('label'),
        permissions: values.getAll('permissions'),
        expiresAt: days === '' ? null : Date.now() + Number(days) * DAY_MS,
      }),
    );
    await list.reload();
  });
  const fault = form.faultOf('permissions');
  return (
    <FormCard
      title="New token"
      form={form}
      submit="Create API token"
      below={
        <div class="created" role="status">
          {created !== null && <Created text={created.text} example={example} />}
        </div>
      }
    >
      <div class="pair">
        <TextField
          name="label"
          label="Label"
          form={form}
          input={{ placeholder: 'What is it for?', maxLength: 60, required: true }}
        />
        <Field id="days" label="Good for" fault={form.faultOf('expiresAt')}>
          <select id="days" name="days">
            {LIVES.map(([days, words]) => (
              <option key={days} value={days}>
                {words}
              </option>
            ))}
            {mayBeEndless && <option value="">Without end</option>}
          </select>
        </Field>
      </div>
      <fieldset class="checks" aria-describedby="permissions-fault">
        <legend>What it may do</legend>
        {inOrder(offered).map((permission, index) => (
          <label key={permission}>
            <input type="checkbox" name="permissions" value={permission} defaultChecked={index === 0} />
            <span>
              {PERMISSION_WORDS[permission]} <span class="small muted mono">{permission}</span>
            </span>
          </label>
        ))}
        <p id="permissions-fault" class="fault" role="alert" hidden={fault === undefined}>
          {fault}
        </p>
      </fieldset>
    </FormCard>
  );
}

function Created({ text, example }: { text: string; example: string }) {
  const url = new URL(urlOf(example), location.href).href;
  return (
    <>
      <ShownOnce what="API token" text={text} copies={[{ words: 'Copy token', text }]} />
      <p>Try it, with the token in the variable TOKEN:</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it is marked and copied by keyboard alone */}
      <section tabIndex={0} aria-label="Command">
        <pre>{`curl -H "Authorization: Bearer $TOKEN" ${url}`}</pre>
      </section>
    </>
  );
}

function Token({
  token: { label, permissions, createdBy, isOwnerOut, createdAt, expiresAt, revokedAt, lastUsedAt },
  mayRevoke,
  onRevoke,
}: {
  token: TokenJson;
  mayRevoke: boolean;
  onRevoke(): Promise<void>;
}) {
  const now = useNow();
  const isExpired = expiresAt !== null && expiresAt <= now;
  const isKept = revokedAt === null && !isExpired;
  const about = [
    `made${makerWords(createdBy)}, ${dayText(createdAt)}`,
    lastUsedAt === null ? 'never used' : `last used ${ago(lastUsedAt, now)}`,
    expiresAt === null ? 'without end' : `${isExpired ? 'ended' : 'until'} ${dayText(expiresAt)}`,
  ];
  return (
    <Row
      name={label}
      about={
        <>
          {about.join(' · ')}
          <ul class="permissions">
            {inOrder(permissions).map((permission) => (
              <li key={permission} class="mono" title={PERMISSION_WORDS[permission]}>
                {permission}
              </li>
            ))}
          </ul>
        </>
      }
    >
      <span class={isKept && !isOwnerOut ? 'chip green' : 'chip red'}>
        {revokedAt !== null ? 'Revoked' : isExpired ? 'Expired' : isOwnerOut ? 'Its user is out' : 'Active'}
      </span>
      <div class="buttons">
        {isKept && mayRevoke && (
          <Confirm ask="Revoke" about={label} sure="Revoke for good" onSure={onRevoke} />
        )}
      </div>
    </Row>
  );
}

function makerWords({ kind, name }: TokenJson['createdBy']): string {
  if (kind === 'local') return ' by a program on the machine';
  if (kind === 'anyone') return ' without a login';
  const who = name ?? 'one that is gone';
  return kind === 'token' ? ` by the token ${who}` : ` by ${who}`;
}
