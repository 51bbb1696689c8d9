import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { Brand } from '../components/page-frame.js';

/**
 * A form in front of the dashboard. It works without scripts; the server fills in what is in `{{}}`, and leaves out what is
 * between `{{#name}}` and `{{/name}}` where the text of that name is empty.
 */
export function Door({
  title,
  action,
  about,
  button,
  children,
  after,
}: {
  title: string;
  /** Where the form goes: a path. */
  action: string;
  about: string;
  button: string;
  /** Its fields. */
  children: ComponentChildren;
  after?: ComponentChildren;
}) {
  return (
    <main class="login">
      <div class="card">
        <div class="brand">
          <Brand />
        </div>
        <h1>{title}</h1>
        <p class="muted">{about}</p>
        {'{{#refusal}}'}
        <p class="notice" role="alert">
          {'{{refusal}}'}
        </p>
        {'{{/refusal}}'}
        <form class="stack" method="post" action={`{{root}}/${action}`}>
          {children}
          <button type="submit" class="primary">
            {button}
          </button>
        </form>
        {after}
      </div>
    </main>
  );
}

/** A line in a {@link Door}. What is wrong is said above all of them: the form comes back as a new page. */
export function DoorField({
  name,
  label,
  hint = '',
  input,
}: {
  name: string;
  label: string;
  hint?: string;
  input: InputHTMLAttributes<HTMLInputElement>;
}) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      <input
        id={name}
        name={name}
        required
        maxLength={200}
        spellcheck={false}
        autoCapitalize="none"
        aria-describedby={hint === '' ? undefined : `${name}-hint`}
        {...input}
      />
      {hint !== '' && (
        <p id={`${name}-hint`} class="small muted">
          {hint}
        </p>
      )}
    </div>
  );
}
