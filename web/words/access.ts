/** What to say about people, tokens, and what they may. Pure. */
import type { Permission, Role } from '../dashboard/answers.js';

/** What a member with the role may do. */
export const ROLE_WORDS: Readonly<Record<Role, { name: string; may: string }>> = {
  viewer: { name: 'Viewer', may: 'Sees endpoints, reports and members' },
  operator: { name: 'Operator', may: 'Also runs diagnostics and sees which API secrets there are' },
  admin: {
    name: 'Admin',
    may: 'Also makes API secrets and tokens, renames the project, and decides who is a member',
  },
};

/** What a permission allows, in the order in which they are offered. */
export const PERMISSION_WORDS: Readonly<Record<Permission, string>> = {
  'fleet:read': 'See endpoints, reports, metrics and usage',
  'runs:write': 'Run diagnostics',
  'secrets:read': 'See which API secrets there are',
  'secrets:write': 'Make and revoke API secrets',
  'members:read': 'See the members',
  'members:write': 'Add and remove members, change their roles',
  'tokens:read': 'See which API tokens there are',
  'tokens:write': 'Make and revoke API tokens',
  'audit:read': 'Read the audit log',
  'project:write': 'Rename the project',
  'platform:read': "See the platform's state, its figures and users",
  'platform:write': 'Change users and projects, make backups',
};

/** The permissions in the order in which they are offered. */
export function inOrder(permissions: readonly Permission[]): Permission[] {
  return (Object.keys(PERMISSION_WORDS) as Permission[]).filter((known) => permissions.includes(known));
}

/** Where a membership comes from, where that is worth saying. */
export function sourceWords(source: string): string {
  return source === 'oidc' ? 'From single sign-on: changes there come back at the next sign-in.' : '';
}

/** Of a program or browser, what it says that it is: 'Firefox on Linux'. */
export function agentText(agent: string): string {
  const browser = BROWSERS.find(([, sign]) => agent.includes(sign))?.[0];
  const system = SYSTEMS.find(([, sign]) => agent.includes(sign))?.[0];
  if (browser === undefined) return agent === '' ? 'An unnamed program' : agent;
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** Those that name themselves like others come first. */
const BROWSERS = [
  ['Edge', 'Edg/'],
  ['Opera', 'OPR/'],
  ['Firefox', 'Firefox/'],
  ['Chrome', 'Chrome/'],
  ['Safari', 'Safari/'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iOS', 'iPhone'],
  ['iPadOS', 'iPad'],
  ['Windows', 'Windows'],
  ['macOS', 'Mac OS X'],
  ['ChromeOS', 'CrOS'],
  ['Linux', 'Linux'],
] as const;
