import { DEFAULT_PROJECT } from 'iroh-net-diagnostics/services';
import type { OidcSettings } from '../../../oidc-options.js';
import type { OidcPerson } from '../../../people/index.js';
import type { OidcIdentity } from './claims.js';

/** Somebody with what his groups and his verified address give him here. */
export function personOf(
  { issuer, subject, names, verifiedEmail, groups }: OidcIdentity,
  { administrators, roles, defaultRole }: Pick<OidcSettings, 'administrators' | 'roles' | 'defaultRole'>,
): OidcPerson {
  const email = verifiedEmail?.toLowerCase() ?? null;
  // A group that somebody called like an address is not that address, nor the other way round.
  const isNamed = (one: string) => (one.includes('@') ? one.toLowerCase() === email : groups.has(one));
  return {
    ...{ issuer, subject, names, verifiedEmail },
    isAdministrator: administrators.length === 0 ? null : administrators.some(isNamed),
    roles: [
      ...roles.filter(({ group }) => groups.has(group)).map(({ project, role }) => ({ project, role })),
      ...(defaultRole === null ? [] : [{ project: DEFAULT_PROJECT, role: defaultRole }]),
    ],
  };
}
