import type { Caller } from './caller.js';
import type { PeopleDeps, Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { assertGoodPassword, type Passwords } from './passwords.js';
import { assertMayTouch, endAccess, lockedUser, type UserRow, unknownUser } from './user-rows.js';

/** So long after one came by a link one may choose a password without the one before. */
const LOST_MS = 15 * 60_000;

/** Gives users other passwords. Whoever comes in by the one before is out then. */
export class PasswordChanges {
  readonly #deps: PeopleDeps;
  readonly #passwords: Passwords;

  constructor(deps: PeopleDeps, passwords: Passwords) {
    this.#deps = deps;
    this.#passwords = passwords;
  }

  /** Gives somebody a password; he is signed out everywhere. @throws PeopleError `unknown`, `invalid`, `forbidden`, `busy` */
  async set(by: Caller, id: string, password: string): Promise<void> {
    await this.#put(by, id, password, async (user) => {
      assertMayTouch(by, user);
      return true;
    });
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
      .select(['users.password', 'users.oidc_subject', 'sign_ins.id as by_code'])
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
    // While it was hashed he may have been put out, or have become an administrator: his sign-ins are void then.
    return this.#put(by, by.id, password, async (user, tables) => {
      const isIn = await tables
        .selectFrom('sign_ins')
        .select('id')
        .where('id', '=', by.signInId ?? '')
        .executeTakeFirst();
      if (isIn === undefined) throw new PeopleError('forbidden', 'You may not do this any more.');
      return user.password === hash;
    });
  }

  async #put(
    by: Caller,
    id: string,
    password: string,
    may: (user: UserRow, tables: Tables) => Promise<boolean>,
  ): Promise<boolean> {
    const { store, feed, audit } = this.#deps;
    const known = await store.tables
      .selectFrom('users')
      .select(['name', 'email'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (known === undefined) throw unknownUser();
    assertGoodPassword(password, [known.name, known.email]);
    const hash = await this.#passwords.hash(password);
    const keep = by.kind === 'user' && by.id === id ? by.signInId : null;
    const isDone = await store.write(async (tables) => {
      const user = await lockedUser(store.dialect, tables, id);
      // Somebody else changed it while this one was hashed.
      if (!(await may(user, tables))) return false;
      await tables.updateTable('users').set({ password: hash }).where('id', '=', id).execute();
      await endAccess(tables, id, keep);
      await audit.entry({
        by,
        action: 'password.changed',
        project: null,
        target: id,
        detail: { name: user.name },
      })(tables);
      return true;
    });
    feed.publish({ what: 'access' });
    return isDone;
  }
}
