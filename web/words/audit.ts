/** What to say about entries of the audit log. Pure. */
import type { AuditEntry } from '../dashboard/answers.js';
import { dateTime, dayText, numberText, shortId } from './format.js';

/** What was done, after the name of who did it. */
const DONE: Readonly<Record<string, string>> = {
  'set-up.done': 'made the first account',
  'sign-in.done': 'signed in',
  'sign-in.failed': 'could not sign in',
  'sign-in.refused': 'was refused by single sign-on',
  'sign-in.ended': 'signed out',
  'user.added': 'added the user',
  'user.changed': 'changed the user',
  'user.disabled': 'disabled the user',
  'user.enabled': 'enabled the user',
  'user.removed': 'removed the user',
  'user.linked': 'made a one-time link for',
  'password.changed': 'changed the password of',
  'member.added': 'added the member',
  'member.changed': 'changed the role of',
  'member.removed': 'removed the member',
  'project.added': 'added the project',
  'project.renamed': 'renamed the project',
  'project.removed': 'removed the project',
  'token.made': 'made the API token',
  'token.revoked': 'revoked the API token',
  'secret.made': 'made an API secret',
  'secret.registered': 'registered an SSH key',
  'secret.revoked': 'revoked the API secret',
  'run.requested': 'ran diagnostics of',
  'run.cancelled': 'cancelled diagnostics of',
  'backup.made': 'made a backup',
  'platform-key.changed': 'changed the key that seals the keys of the platform',
};

/** The kinds of actions that one can filter by: what an action is, and how it is called. */
export const ACTION_CHOICES: readonly (readonly [action: string, words: string])[] = Object.entries(DONE).map(
  ([action, words]) => [action, `${words.charAt(0).toUpperCase()}${words.slice(1)}`],
);

/** Where a name stands for somebody without one. */
const NAMELESS: Readonly<Record<string, string>> = {
  anyone: 'Somebody (there is no sign-in)',
  local: 'A program on this machine',
};

/** What in the details says how the target was called. */
const CALLED: readonly string[] = ['name', 'label'];

/** An entry, ready to be shown. */
export interface AuditView {
  who: string;
  /** What he did, as the sentence goes on. */
  what: string;
  /** What it was done to; may be empty. */
  target: string;
  /** When, from where, and what else is known. */
  circumstances: string;
}

export function viewEntry({ actor, action, target, address, detail, times, at }: AuditEntry): AuditView {
  const more = Object.entries(detail)
    .filter(([name, value]) => value !== null && value !== '' && !CALLED.includes(name))
    .map(([name, value]) => detailText(name, value));
  const parts = [
    dateTime(at),
    address === null ? '' : `from ${address}`,
    times > 1 ? `${numberText(times)} times` : '',
    ...more,
  ];
  return {
    who: NAMELESS[actor.kind] ?? (actor.name === '' ? 'Nobody' : actor.name),
    what: DONE[action] ?? action,
    target: target === null || target === actor.id ? '' : calledText(target, detail),
    circumstances: parts.filter((part) => part !== '').join(' · '),
  };
}

/** A name says more than an id. */
function calledText(target: string, detail: AuditEntry['detail']): string {
  const called = CALLED.map((name) => detail[name]).find(
    (value) => typeof value === 'string' && value !== '',
  );
  return called === undefined ? (/^[0-9a-f]{64}$/.test(target) ? shortId(target) : target) : String(called);
}

/** Names of details that are no words. */
const DETAILS: Readonly<Record<string, string>> = {
  isAdministrator: 'administrator',
  expiresAt: 'until',
  tokens: 'API tokens',
};

/** How somebody signed in. */
const WAYS: Readonly<Record<string, string>> = {
  password: 'by password',
  code: 'by a one-time code',
  oidc: 'by single sign-on',
};

function detailText(name: string, value: AuditEntry['detail'][string]): string {
  if (name === 'way' && typeof value === 'string' && Object.hasOwn(WAYS, value)) return WAYS[value] ?? value;
  const words = DETAILS[name] ?? name;
  if (typeof value === 'boolean') return `${words}: ${value ? 'yes' : 'no'}`;
  return `${words}: ${typeof value === 'number' && name.endsWith('At') ? dayText(value) : value}`;
}
