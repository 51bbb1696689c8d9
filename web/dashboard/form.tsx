import type { ComponentChildren, InputHTMLAttributes } from 'preact';
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

/** The button that sends a form, and what is wrong with the whole. */
export function Submit({ form, children }: { form: FormModel; children: string }) {
  return (
    <>
      <button type="submit" class="primary" disabled={form.isSending}>
        {children}
      </button>
      <p class="notice" role="alert" hidden={form.fault === ''}>
        {form.fault}
      </p>
    </>
  );
}
