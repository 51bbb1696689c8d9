import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { Card } from './card.js';
import type { FormModel } from './use-form.js';

/** A field with its label, a hint, and what is wrong with its value, beside it. */
export function Field({
  id,
  label,
  hint = '',
  fault,
  children,
}: {
  /** Of the control in it. */
  id: string;
  label: string;
  /** May be empty. */
  hint?: string;
  /** What is wrong; `undefined`: nothing. */
  fault?: string | undefined;
  children: ComponentChildren;
}) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint !== '' && (
        <p id={`${id}-hint`} class="small muted">
          {hint}
        </p>
      )}
      <p id={`${id}-fault`} class="fault" role="alert" hidden={fault === undefined}>
        {fault}
      </p>
    </div>
  );
}

/** A line of text in a {@link Field}. */
export function TextField({
  name,
  label,
  hint = '',
  form,
  input = {},
}: {
  /** Of the value, and the id of its control. */
  name: string;
  label: string;
  hint?: string;
  form: FormModel;
  input?: InputHTMLAttributes<HTMLInputElement>;
}) {
  const fault = form.faultOf(name);
  return (
    <Field id={name} label={label} hint={hint} fault={fault}>
      <input
        id={name}
        name={name}
        autoComplete="off"
        aria-invalid={fault !== undefined}
        aria-describedby={`${hint === '' ? '' : `${name}-hint `}${name}-fault`}
        {...input}
      />
    </Field>
  );
}

/** A card with a form in it: its fields, the button that sends them, and what came of it. */
export function FormCard({
  title,
  form,
  layout = 'stack',
  submit,
  done = '',
  below,
  children,
}: {
  title: string;
  form: FormModel;
  /** The fields below each other, in a narrow column, or in one line with the button. */
  layout?: 'stack' | 'stack narrow' | 'line';
  /** What the button says. */
  submit: string;
  /** What is said once it is done; empty: it is not, or is seen elsewhere. */
  done?: string;
  /** What follows the form. */
  below?: ComponentChildren;
  /** The fields. */
  children: ComponentChildren;
}) {
  return (
    <Card title={title}>
      <form class={layout} onSubmit={form.onSubmit}>
        {children}
        <button type="submit" class="primary" disabled={form.isSending}>
          {submit}
        </button>
        <p class="notice" role="alert" hidden={form.fault === ''}>
          {form.fault}
        </p>
        <p class="done" role="status">
          {done}
        </p>
      </form>
      {below}
    </Card>
  );
}
