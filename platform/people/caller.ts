import type { ProjectId } from 'iroh-net-diagnostics/services';
import {
  isPlatformPermission,
  PERMISSIONS,
  PERMISSIONS_OF,
  type Permission,
  PLATFORM_PERMISSIONS,
  PROJECT_PERMISSIONS,
  type Role,
} from './permissions.js';

/**
 * Who asks: a user, an API token, a program on this machine (the token in the data folder, the option `dashboard.token`),
 * or anyone, where there is no login.
 */
export type CallerKind = 'user' | 'token' | 'local' | 'anyone';

/** Who asks, and what he may: as the database said when the request came. */
export interface Caller {
  readonly kind: CallerKind;
  /** Of a user or a token its id; otherwise its kind. */
  readonly id: string;
  /** In words: a user's name, a token's label. */
  readonly name: string;
  /** Whether he may everything. */
  readonly isAdministrator: boolean;
  /** Those that he sees something of. `all`: also those that will be made. */
  readonly projects: 'all' | readonly ProjectId[];
  /** Where the request came from; `null`: from this machine, or not known. */
  readonly address: string | null;
  /** The sign-in that a user's browser came with. */
  readonly signInId: string | null;
  /** When he is out by himself, as a token is that expires. Unix milliseconds; `null`: never, or after a sign-in's time. */
  readonly expiresAt: number | null;
  /** Whether he may do that in the project; `null`: in the whole platform. It does not say that the project exists. */
  may(permission: Permission, project: ProjectId | null): boolean;
  /** What a member is in the project; `null`: none, as tokens and administrators may be. */
  roleIn(project: ProjectId): Role | null;
  /** Everything that he may in the project; `null`: in the whole platform. */
  permissionsIn(project: ProjectId | null): readonly Permission[];
}

/** What can be used to let somebody in. */
const LETS_IN: readonly Permission[] = ['members:write', 'tokens:write', 'platform:write'];

/** What every caller has. */
type Who = Pick<Caller, 'kind' | 'id' | 'name' | 'address'>;

abstract class SomeCaller implements Caller {
  readonly kind: CallerKind;
  readonly id: string;
  readonly name: string;
  readonly address: string | null;
  readonly signInId: string | null = null;
  readonly expiresAt: number | null = null;
  abstract readonly isAdministrator: boolean;
  abstract readonly projects: 'all' | readonly ProjectId[];

  constructor({ kind, id, name, address }: Who) {
    this.kind = kind;
    this.id = id;
    this.name = name;
    this.address = address;
  }

  may(permission: Permission, project: ProjectId | null): boolean {
    // What is of the whole platform is in no project, and the other way round.
    return isPlatformPermission(permission) === (project === null) && this.has(permission, project);
  }

  permissionsIn(project: ProjectId | null): readonly Permission[] {
    const all = project === null ? PLATFORM_PERMISSIONS : PROJECT_PERMISSIONS;
    return all.filter((permission) => this.has(permission, project));
  }

  roleIn(_project: ProjectId): Role | null {
    return null;
  }

  protected abstract has(permission: Permission, project: ProjectId | null): boolean;
}

/** A program of whoever has the data folder or the options: it may everything. */
export class LocalCaller extends SomeCaller {
  readonly isAdministrator = true;
  readonly projects = 'all';

  protected has(): boolean {
    return true;
  }
}

/**
 * Whoever comes, where there is no login: he sees and does everything, and lets nobody in. What he made for that would be there
 * when a login is switched on.
 */
export class AnyCaller extends SomeCaller {
  readonly isAdministrator = false;
  readonly projects = 'all';

  protected has(permission: Permission): boolean {
    return !LETS_IN.includes(permission);
  }
}

/** A user, with his roles. */
export class UserCaller extends SomeCaller {
  readonly isAdministrator: boolean;
  override readonly signInId: string | null;
  readonly #roles: ReadonlyMap<ProjectId, Role>;

  constructor(
    who: Omit<Who, 'kind'>,
    rights: { isAdministrator: boolean; signInId: string | null; roles: ReadonlyMap<ProjectId, Role> },
  ) {
    super({ ...who, kind: 'user' });
    this.isAdministrator = rights.isAdministrator;
    this.signInId = rights.signInId;
    this.#roles = rights.roles;
  }

  get projects(): 'all' | readonly ProjectId[] {
    return this.isAdministrator ? 'all' : [...this.#roles.keys()];
  }

  override roleIn(project: ProjectId): Role | null {
    return this.#roles.get(project) ?? null;
  }

  protected has(permission: Permission, project: ProjectId | null): boolean {
    if (this.isAdministrator) return true;
    const role = project === null ? null : this.roleIn(project);
    return role !== null && (PERMISSIONS_OF[role] as readonly Permission[]).includes(permission);
  }
}

/** An API token: of one project, or of the whole platform and with that of all its projects. */
export class TokenCaller extends SomeCaller {
  readonly projects: 'all' | readonly ProjectId[];
  readonly isAdministrator: boolean;
  override readonly expiresAt: number | null;
  readonly #permissions: ReadonlySet<Permission>;

  constructor(
    who: Omit<Who, 'kind'>,
    {
      project,
      permissions,
      expiresAt,
    }: { project: ProjectId | null; permissions: readonly Permission[]; expiresAt: number | null },
  ) {
    super({ ...who, kind: 'token' });
    this.expiresAt = expiresAt;
    this.#permissions = new Set(permissions);
    this.projects = project === null ? 'all' : [project];
    this.isAdministrator = project === null && PERMISSIONS.every((one) => this.#permissions.has(one));
  }

  protected has(permission: Permission, project: ProjectId | null): boolean {
    const isHere = this.projects === 'all' || (project !== null && this.projects.includes(project));
    return isHere && this.#permissions.has(permission);
  }
}
