import { NetDiagnosticsError, type ProjectId } from 'iroh-net-diagnostics/services';
import { readable } from '../store/readable.js';
import { int, text } from '../store/rows.js';
import type { Caller } from './caller.js';
import type { PeopleDeps } from './deps.js';
import { PeopleError } from './errors.js';
import { isRole, PERMISSIONS_OF, type Permission, ROLES, type Role } from './permissions.js';
import { liveProject } from './projects.js';
import { heldUser } from './user-rows.js';

/** Who made somebody a member: another user, or a group of his provider at his last sign-in. */
export type MemberSource = 'local' | 'oidc';

/** A member of a project. */
export interface Member {
  userId: string;
  name: string;
  email: string | null;
  role: Role;
  source: MemberSource;
  /** Unix milliseconds. */
  createdAt: number;
  isDisabled: boolean;
}

/** What users are in projects. */
export class Members {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** By name. */
  async list(project: ProjectId): Promise<Member[]> {
    const rows = await this.#deps.store.tables
      .selectFrom('members')
      .innerJoin('users', 'users.id', 'members.user_id')
      .select(['members.user_id', 'members.role', 'members.source', 'members.created_at'])
      .select(['users.name', 'users.email', 'users.disabled_at'])
      .where('members.project', '=', project)
      .orderBy('users.name_key')
      .execute();
    return readable(rows, (row) => ({
      ...{ userId: text(row, 'user_id'), name: text(row, 'name'), email: row.email },
      ...{ role: roleIn(row), source: row.source === 'oidc' ? 'oidc' : 'local' },
      ...{ createdAt: int(row, 'created_at'), isDisabled: row.disabled_at !== null },
    }));
  }

  /** What somebody is, by project. */
  async of(
    userId: string,
  ): Promise<{ project: ProjectId; name: string; role: Role; source: MemberSource }[]> {
    const rows = await this.#deps.store.tables
      .selectFrom('members')
      .innerJoin('projects', 'projects.id', 'members.project')
      .select(['members.project', 'members.role', 'members.source', 'projects.name'])
      .where('members.user_id', '=', userId)
      .where('projects.removed_at', 'is', null)
      .orderBy('members.project')
      .execute();
    return readable(rows, (row) => ({
      ...{ project: text(row, 'project'), name: text(row, 'name'), role: roleIn(row) },
      source: row.source === 'oidc' ? 'oidc' : 'local',
    }));
  }

  /**
   * Makes somebody a member, or another one than he was. From then on no group of his provider changes it.
   * @throws PeopleError `invalid`, `unknown`, `forbidden` when the role may more than the caller, before or after
   */
  async put(by: Caller, project: ProjectId, userId: string, role: string): Promise<void> {
    if (!isRole(role)) throw new PeopleError('invalid', `A role is one of ${ROLES.join(', ')}.`, 'role');
    assertMayGive(by, project, role);
    const { store, feed, clock, audit } = this.#deps;
    const isLess = await store.write(async (tables) => {
      await liveProject(store.dialect, tables, project);
      const user = await heldUser(store.dialect, tables, userId);
      if (user === null) throw new PeopleError('unknown', 'There is no such user.');
      const before = await tables
        .selectFrom('members')
        .select(['role', 'source'])
        .where('project', '=', project)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      if (before !== undefined && isRole(before.role)) assertMayGive(by, project, before.role);
      if (before?.role === role && before.source === 'local') return false;
      await tables
        .insertInto('members')
        .values({ project, user_id: userId, role, source: 'local', created_at: clock.now() })
        .onConflict((conflict) =>
          conflict.columns(['project', 'user_id']).doUpdateSet({ role, source: 'local' }),
        )
        .execute();
      await audit.entry({
        ...{ by, action: before === undefined ? 'member.added' : 'member.changed', project, target: userId },
        detail: { name: user.name, role, ...(before === undefined ? {} : { before: before.role }) },
      })(tables);
      return before !== undefined;
    });
    if (isLess) feed.publish({ what: 'access' });
  }

  /** @throws PeopleError `unknown`, `forbidden` */
  async remove(by: Caller, project: ProjectId, userId: string): Promise<void> {
    const { store, feed, audit } = this.#deps;
    await store.write(async (tables) => {
      const member = await tables
        .deleteFrom('members')
        .where('project', '=', project)
        .where('user_id', '=', userId)
        .returning('role')
        .executeTakeFirst();
      if (member === undefined) throw new PeopleError('unknown', 'There is no such member.');
      // One may leave by oneself.
      if (isRole(member.role) && by.id !== userId) assertMayGive(by, project, member.role);
      const user = await heldUser(store.dialect, tables, userId);
      const detail = { name: user?.name ?? '', role: member.role };
      await audit.entry({ by, action: 'member.removed', project, target: userId, detail })(tables);
    });
    feed.publish({ what: 'access' });
  }
}

/** A token that may change members is not to make admins of them. */
function assertMayGive(by: Caller, project: ProjectId, role: Role): void {
  const mayAll = (PERMISSIONS_OF[role] as readonly Permission[]).every((one) => by.may(one, project));
  // Who may change the platform may make projects and users, and so may make anybody anything there.
  if (mayAll || by.may('platform:write', null)) return;
  throw new PeopleError('forbidden', `You cannot give or take the role ${role}: it may more than you.`);
}

function roleIn(row: { role: string }): Role {
  const role = text(row, 'role');
  if (isRole(role)) return role;
  throw new NetDiagnosticsError('ERR_STORE', "The store's column role holds no role: the file is damaged.");
}
