import type { ProjectId } from 'iroh-net-diagnostics/services';
import { holding } from '../store/dialect.js';
import type { Actor } from './audit.js';
import type { PeopleDeps, Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { emailAddress, emailKeyOf } from './names.js';
import { ROLES, type Role } from './permissions.js';
import {
  assertRoom,
  endAllButProvider,
  freeUserName,
  insertUser,
  keepAnAdministrator,
  lockedUser,
  newUser,
  rowByNameOrEmail,
  toUser,
  type User,
} from './user-rows.js';

/** Somebody whom an OpenID provider has proven, and what his groups give him here. */
export interface OidcPerson {
  issuer: string;
  subject: string;
  /** What he would like to be called, the best first. */
  names: readonly string[];
  /** `null`: none that the provider has verified. */
  verifiedEmail: string | null;
  /** Whether he is an administrator; `null`: the provider does not decide that. */
  isAdministrator: boolean | null;
  roles: readonly { project: ProjectId; role: Role }[];
}

/**
 * Why somebody whom the provider has proven does not come in. `of-administrator`: his address is that of an administrator's account,
 * which nobody has come to by a provider yet.
 */
export type OidcRefusal = 'no-role' | 'disabled' | 'full' | 'of-administrator';

/** Users who come by an OpenID provider. */
export class OidcUsers {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /**
   * Finds the user, or makes him, and gives and takes what the provider decides. One who was invited by the e-mail address
   * that the provider has verified becomes this person's; an administrator only if the provider says that this person is one.
   * Who has no role here is not let in, and not made.
   * @param by - the provider, as the audit log names it
   */
  async arrive(by: Actor, person: OidcPerson): Promise<User | OidcRefusal> {
    try {
      return await this.#arrive(by, person);
    } catch (error) {
      if (!(error instanceof PeopleError)) throw error;
      if (error.reason === 'full') return 'full';
      // He came twice at the same time, or somebody has just taken his name: now both can be seen.
      if (error.reason === 'taken') return this.#arrive(by, person);
      throw error;
    }
  }

  async #arrive(by: Actor, person: OidcPerson): Promise<User | OidcRefusal> {
    const { store, feed } = this.#deps;
    let isLess = false;
    const result = await store.write(async (tables): Promise<User | OidcRefusal> => {
      const roles = await this.#highestRoles(tables, person);
      const mayCome = person.isAdministrator === true || roles.size > 0;
      const known = await this.#known(tables, by, person);
      if (known === 'of-administrator') return known;
      const id = known?.id ?? (mayCome ? await this.#add(tables, by, person) : null);
      if (id === null) return 'no-role';
      const isChanged = await this.#setAdministrator(tables, by, id, person);
      const user = await lockedUser(store.dialect, tables, id);
      if (user.disabled_at !== null) return 'disabled';
      const { isMember, hasLost } = await this.#setRoles(tables, by, user, roles);
      isLess = known?.wasInvited === true || isChanged || hasLost;
      return isMember || user.is_administrator === 1 ? toUser(user) : 'no-role';
    });
    if (isLess) feed.publish({ what: 'access' });
    return result;
  }

  /**
   * The user who is this person, or was invited as this person; `null`: nobody. Of an invitation nothing stays by
   * which somebody else could come in. Who made it need not be an administrator: so an account that has become one's since
   * is nobody's for having its address.
   */
  async #known(
    tables: Tables,
    by: Actor,
    { issuer, subject, verifiedEmail, isAdministrator }: OidcPerson,
  ): Promise<{ id: string; wasInvited: boolean } | 'of-administrator' | null> {
    const row = await tables
      .selectFrom('users')
      .select('id')
      .where('oidc_issuer', '=', issuer)
      .where('oidc_subject', '=', subject)
      .executeTakeFirst();
    if (row !== undefined) return { id: row.id, wasInvited: false };
    if (verifiedEmail === null) return null;
    const invited = await tables
      .updateTable('users')
      .set({ oidc_issuer: issuer, oidc_subject: subject })
      .where('email_key', '=', emailKeyOf(verifiedEmail))
      .where('oidc_subject', 'is', null)
      .where('disabled_at', 'is', null)
      .$if(isAdministrator !== true, (all) => all.where('is_administrator', '=', 0))
      .returning(['id', 'name'])
      .executeTakeFirst();
    if (invited === undefined)
      return (await isUnclaimedAdministrator(tables, verifiedEmail)) ? 'of-administrator' : null;
    const { id, name } = invited;
    await endAllButProvider(tables, id);
    await this.#note(tables, by, 'user.changed', null, id, { name, oidc: subject });
    return { id, wasInvited: true };
  }

  async #add(
    tables: Tables,
    by: Actor,
    { issuer, subject, names, verifiedEmail }: OidcPerson,
  ): Promise<string> {
    await assertRoom(tables);
    const name = await freeUserName(tables, names);
    const email = await this.#freeEmail(tables, verifiedEmail);
    const { id } = await insertUser(tables, {
      ...newUser(name, email, this.#deps.clock.now()),
      ...{ is_administrator: 0, password: null, oidc_issuer: issuer, oidc_subject: subject },
    });
    await this.#note(tables, by, 'user.added', null, id, { name, oidc: subject });
    return id;
  }

  /** The address, unless somebody else has it, or it is none of those that are kept. */
  async #freeEmail(tables: Tables, email: string | null): Promise<string | null> {
    try {
      return email === null || (await rowByNameOrEmail(tables, email)) !== null ? null : emailAddress(email);
    } catch (error) {
      if (error instanceof PeopleError) return null;
      throw error;
    }
  }

  /** @returns whether it is another than it was */
  async #setAdministrator(
    tables: Tables,
    by: Actor,
    id: string,
    { isAdministrator }: OidcPerson,
  ): Promise<boolean> {
    if (isAdministrator === null) return false;
    const { dialect } = this.#deps.store;
    const { is_administrator: before, disabled_at: disabledAt } = await tables
      .selectFrom('users')
      .select(['is_administrator', 'disabled_at'])
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (isAdministrator === (before === 1) || disabledAt !== null) return false;
    if (!isAdministrator) {
      try {
        // It locks all administrators, and has to be the first that locks one.
        await keepAnAdministrator(dialect, tables, id);
      } catch (error) {
        if (error instanceof PeopleError) return false;
        throw error;
      }
    }
    const { name } = await tables
      .updateTable('users')
      .set({ is_administrator: Number(isAdministrator) })
      .where('id', '=', id)
      .returning('name')
      .executeTakeFirstOrThrow();
    if (isAdministrator) await endAllButProvider(tables, id);
    await this.#note(tables, by, 'user.changed', null, id, { name, isAdministrator });
    return true;
  }

  /** Of projects that are there; of several roles in one the one that may most. They stay until the transaction ends. */
  async #highestRoles(tables: Tables, { roles }: OidcPerson): Promise<Map<ProjectId, Role>> {
    const highest = new Map<ProjectId, Role>();
    if (roles.length === 0) return highest;
    const rows = await holding(
      this.#deps.store.dialect,
      tables
        .selectFrom('projects')
        .select('id')
        .where('id', 'in', [...new Set(roles.map(({ project }) => project))])
        .where('removed_at', 'is', null)
        .orderBy('id'),
    ).execute();
    const there = new Set(rows.map(({ id }) => id));
    for (const { project, role } of roles) {
      const before = highest.get(project);
      if (!there.has(project)) continue;
      if (before === undefined || ROLES.indexOf(role) > ROLES.indexOf(before)) highest.set(project, role);
    }
    return highest;
  }

  /** Gives roles and takes those that no group gives any more. What somebody here has decided stays. */
  async #setRoles(
    tables: Tables,
    by: Actor,
    { id, name }: { id: string; name: string },
    roles: ReadonlyMap<ProjectId, Role>,
  ): Promise<{ isMember: boolean; hasLost: boolean }> {
    const rows = await tables
      .selectFrom('members')
      .innerJoin('projects', 'projects.id', 'members.project')
      .select(['members.project', 'members.role', 'members.source'])
      .where('members.user_id', '=', id)
      .where('projects.removed_at', 'is', null)
      .execute();
    const before = new Map(rows.map((row) => [row.project, row]));
    let hasLost = false;
    for (const { project, role, source } of rows) {
      if (source !== 'oidc' || roles.has(project)) continue;
      hasLost = true;
      await tables.deleteFrom('members').where('user_id', '=', id).where('project', '=', project).execute();
      await this.#note(tables, by, 'member.removed', project, id, { name, role });
    }
    for (const [project, role] of roles) {
      const known = before.get(project);
      if (known?.role === role || known?.source === 'local') continue;
      hasLost ||= known !== undefined;
      await tables
        .insertInto('members')
        .values({ project, user_id: id, role, source: 'oidc', created_at: this.#deps.clock.now() })
        .onConflict((conflict) => conflict.columns(['project', 'user_id']).doUpdateSet({ role }))
        .execute();
      const change = known === undefined ? {} : { before: known.role };
      const action = known === undefined ? 'member.added' : 'member.changed';
      await this.#note(tables, by, action, project, id, { name, role, ...change });
    }
    return { isMember: roles.size > 0 || rows.some(({ source }) => source === 'local'), hasLost };
  }

  async #note(
    tables: Tables,
    by: Actor,
    action: 'user.added' | 'user.changed' | 'member.added' | 'member.changed' | 'member.removed',
    project: ProjectId | null,
    target: string,
    detail: Readonly<Record<string, string | boolean>>,
  ): Promise<void> {
    await this.#deps.audit.entry({ by, action, project, target, detail })(tables);
  }
}

/** Whether an administrator has that address who has not come by a provider. */
async function isUnclaimedAdministrator(tables: Tables, email: string): Promise<boolean> {
  const row = await tables
    .selectFrom('users')
    .select('id')
    .where('email_key', '=', emailKeyOf(email))
    .where('oidc_subject', 'is', null)
    .where('disabled_at', 'is', null)
    .where('is_administrator', '=', 1)
    .executeTakeFirst();
  return row !== undefined;
}
