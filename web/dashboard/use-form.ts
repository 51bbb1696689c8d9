import { useState } from 'preact/hooks';
import { ApiError, messageOf } from './api.js';

/** A form that is sent to the API. */
export interface FormModel {
  isSending: boolean;
  /** What is wrong with a value; `undefined`: nothing. */
  faultOf(name: string): string | undefined;
  /** What is wrong with the whole; empty when nothing is. */
  fault: string;
  /** For the form's `onSubmit`. */
  onSubmit(event: Event): void;
}

/**
 * @param names - of the values that the form has: what is wrong with another one is said of the whole
 * @param send - is given what the form holds
 */
export function useForm(names: readonly string[], send: (values: FormData) => Promise<void>): FormModel {
  const [isSending, setIsSending] = useState(false);
  const [faults, setFaults] = useState<ReadonlyMap<string, string>>(new Map());
  const [fault, setFault] = useState('');
  const submit = async (form: HTMLFormElement) => {
    setIsSending(true);
    setFault('');
    setFaults(new Map());
    try {
      await send(new FormData(form));
      form.reset();
    } catch (error) {
      const fields = error instanceof ApiError ? error.fields : new Map<string, string>();
      const known = names.find((name) => fields.has(name));
      setFaults(fields);
      if (known === undefined) setFault(messageOf(error));
      else form.querySelector<HTMLElement>(`[name="${known}"]`)?.focus();
    } finally {
      setIsSending(false);
    }
  };
  return {
    ...{ isSending, fault },
    faultOf: (name) => faults.get(name),
    onSubmit: (event) => {
      event.preventDefault();
      void submit(event.currentTarget as HTMLFormElement);
    },
  };
}
