import type { PeopleError, PeopleReason } from '../people/index.js';
import { HttpError } from './http-error.js';

const STATUS: Readonly<Record<PeopleReason, number>> = {
  invalid: 400,
  taken: 409,
  unknown: 404,
  forbidden: 403,
  'last-administrator': 409,
  full: 409,
  busy: 503,
};

/** What was not done about people, as an answer. */
export function peopleRefusal({ reason, field, message }: PeopleError): HttpError {
  const headers = reason === 'busy' ? { 'retry-after': '5' } : {};
  const errors = field === null ? [] : [{ in: 'body', name: field, detail: message } as const];
  return new HttpError(STATUS[reason], message, headers, {
    ...(reason === 'taken' || reason === 'last-administrator' || reason === 'full' ? { code: reason } : {}),
    errors,
  });
}
