/** What one can be allowed to do, and what each role is. */

/** Within a project. */
export const PROJECT_PERMISSIONS = [
  'fleet:read',
  'runs:write',
  'secrets:read',
  'secrets:write',
  'members:read',
  'members:write',
  'tokens:read',
  'tokens:write',
  'audit:read',
  'project:write',
] as const;

/** Of the whole platform: `platform:read` its state, its figures, its users; `platform:write` users, projects, backups. */
export const PLATFORM_PERMISSIONS = ['platform:read', 'platform:write'] as const;

export const PERMISSIONS = [...PROJECT_PERMISSIONS, ...PLATFORM_PERMISSIONS] as const;

export type ProjectPermission = (typeof PROJECT_PERMISSIONS)[number];
export type PlatformPermission = (typeof PLATFORM_PERMISSIONS)[number];
export type Permission = ProjectPermission | PlatformPermission;

/** What a member of a project is there; each may what the one before may, and more. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof ROLES)[number];

const VIEWER: readonly ProjectPermission[] = ['fleet:read', 'members:read'];
const OPERATOR: readonly ProjectPermission[] = [...VIEWER, 'runs:write', 'secrets:read'];

/** What a member with the role may do in the project. */
export const PERMISSIONS_OF: Readonly<Record<Role, readonly ProjectPermission[]>> = {
  viewer: VIEWER,
  operator: OPERATOR,
  admin: PROJECT_PERMISSIONS,
};

export function isPermission(text: string): text is Permission {
  return (PERMISSIONS as readonly string[]).includes(text);
}

export function isPlatformPermission(permission: Permission): permission is PlatformPermission {
  return (PLATFORM_PERMISSIONS as readonly string[]).includes(permission);
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}

/** The least role that may; `null`: none may, since it is about the whole platform. */
export function roleFor(permission: Permission): Role | null {
  return ROLES.find((role) => (PERMISSIONS_OF[role] as readonly Permission[]).includes(permission)) ?? null;
}
