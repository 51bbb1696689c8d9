import type { Caller } from './caller.js';
import type { PeopleDeps } from './deps.js';
import { PeopleError } from './errors.js';
import { assertGoodPassword, type Passwords } from './passwords.js';
import { endAccess, lockedUser, unknownUser } from './user-rows.js';

/** So long after one came by a link one may choose a password without the one before. */
const LOST_MS = 15 * 60_000;

/** Users choose other passwords. Whoever came in by the one before is out then. */
export class PasswordChanges {
  readonly #deps: PeopleDeps;
  readonly #passwords: Passwords;

  constructor(deps: PeopleDeps, passwords: Passwords) {
    this.#deps = deps;
    this.#passwords = passwords;
  }

  /**
   * Gives oneself another password. All other sign-ins end; that of the caller stays. Who has just come by a link has lost
   * the one until now, and need not know it.
   * @param current - the one until now; `null` for who has none
   * @returns whether the one until now was right
   * @throws PeopleError `invalid`, `unknown`, `forbidden`, `busy`
   */
  async change(by: Caller, current: string | null, password: string): Promise<boolean> {
    const row = await this.#deps.store.tables
      .selectFrom('users')
      .leftJoin('sign_ins', (join) =>
        join
          .onRef('sign_ins.user_id', '=', 'users.id')
          .on('sign_ins.id', '=', by.signInId ?? '')
          .on('sign_ins.way', '=', 'code')
          .on('sign_ins.created_at', '>', this.#deps.clock.now() - LOST_MS),
      )
      .select(['users.name', 'users.email', 'users.password', 'users.oidc_subject', 'sign_ins.id as by_code'])
      .where('users.id', '=', by.id)
      .executeTakeFirst();
    if (row === undefined) throw unknownUser();
    const { password: hash, oidc_subject: subject, by_code: byCode } = row;
    if (byCode === null) {
      if (hash === null && subject !== null)
        throw new PeopleError(
          'forbidden',
          'You sign in by your provider: an administrator can make you a link.',
        );
      if (hash !== null && !(await this.#passwords.matches(current ?? '', hash))) return false;
    }
    assertGoodPassword(password, [row.name, row.email]);
    const isDone = await this.#put(by, hash, await this.#passwords.hash(password));
    this.#deps.feed.publish({ what: 'access' });
    return isDone;
  }

  /** @returns whether it was still `before`: somebody may have changed it while the new one was hashed */
  #put(by: Caller, before: string | null, after: string): Promise<boolean> {
    const { store, audit } = this.#deps;
    return store.write(async (tables) => {
      const user = await lockedUser(store.dialect, tables, by.id);
      // Meanwhile he may have been put out, or have become an administrator: his sign-ins are void then.
      const isIn = await tables
        .selectFrom('sign_ins')
        .select('id')
        .where('id', '=', by.signInId ?? '')
        .executeTakeFirst();
      if (isIn === undefined) throw new PeopleError('forbidden', 'You may not do this any more.');
      if (user.password !== before) return false;
      await tables.updateTable('users').set({ password: after }).where('id', '=', by.id).execute();
      await endAccess(tables, by.id, by.signInId);
      await audit.entry({
        ...{ by, action: 'password.changed', project: null, target: by.id },
        detail: { name: user.name },
      })(tables);
      return true;
    });
  }
}
