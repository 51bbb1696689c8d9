import { containing } from '../store/like.js';
import { readable } from '../store/readable.js';
import { countTokensOf, endTokensOf, isGoodToken } from './api-tokens.js';
import type { Actor } from './audit.js';
import type { Caller } from './caller.js';
import type { PeopleDeps, Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { emailAddress, emailKeyOf, nameKeyOf, userName } from './names.js';
import { assertGoodPassword, type Passwords } from './passwords.js';
import {
  asNumber,
  assertAdministrator,
  assertFree,
  assertRoom,
  endAccess,
  endAllButProvider,
  hasAdministrator,
  insertUser,
  keepAnAdministrator,
  lockedUser,
  newUser,
  rowByNameOrEmail,
  toUser,
  USER_COLUMNS,
  type User,
  type UserRow,
  type UserValues,
  type Wanted,
} from './user-rows.js';

/** A user who is to be made. */
export interface NewUser {
  name: string;
  email?: string | null | undefined;
  /** Without one he signs in by a link that an administrator makes, or by OpenID Connect. */
  password?: string | null | undefined;
  isAdministrator?: boolean | undefined;
}

/** What is to be another than it was. */
export interface UserChange {
  name?: string | undefined;
  email?: string | null | undefined;
  isAdministrator?: boolean | undefined;
  isDisabled?: boolean | undefined;
}

/** Which users. */
export interface UserQuery {
  limit: number;
  /** The `next` of the page before. */
  after?: string | null | undefined;
  /** Those with it in the name or the e-mail address. */
  search?: string | null | undefined;
}

/** `addFirst` of several processes: the row that they lock. */
const FIRST = 'people.first';

/** Who has an account. Who changes something is named first: what he does is written down with it. */
export class Users {
  readonly #deps: PeopleDeps;
  readonly #passwords: Passwords;

  constructor(deps: PeopleDeps, passwords: Passwords) {
    this.#deps = deps;
    this.#passwords = passwords;
  }

  /** By name. */
  async list({ limit, after, search }: UserQuery): Promise<{ items: User[]; next: string | null }> {
    const part = nameKeyOf(search ?? '');
    const rows = await this.#deps.store.tables
      .selectFrom('users')
      .select(USER_COLUMNS)
      .$if(part !== '', (all) =>
        all.where(({ or }) => or([containing('name_key', part), containing('email_key', part)])),
      )
      .$if(typeof after === 'string', (all) => all.where('name_key', '>', after ?? ''))
      .orderBy('name_key')
      .limit(limit + 1)
      .execute();
    const page = rows.slice(0, limit);
    return {
      items: readable(page, toUser),
      next: rows.length > limit ? (page.at(-1)?.name_key ?? null) : null,
    };
  }

  async get(id: string): Promise<User | null> {
    const row = await this.#deps.store.tables
      .selectFrom('users')
      .select(USER_COLUMNS)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toUser(row);
  }

  /** Names hold no `@`, so a text is one or the other. */
  async byNameOrEmail(given: string): Promise<User | null> {
    const row = await rowByNameOrEmail(this.#deps.store.tables, given);
    return row === null ? null : toUser(row);
  }

  async hasAdministrator(): Promise<boolean> {
    return hasAdministrator(this.#deps.store.tables);
  }

  /** @throws PeopleError `invalid`, `taken`, `forbidden`, `full`, `busy` */
  async add(by: Caller, user: NewUser): Promise<User> {
    if (user.isAdministrator === true) assertAdministrator(by);
    const values = await this.#values(user);
    const { store, audit } = this.#deps;
    const row = await store.write(async (tables) => {
      // A password takes its time, and he may have been put out meanwhile.
      await this.#assertStill(tables, by);
      await assertRoom(tables);
      const added = await insertUser(tables, values);
      await audit.entry(addition(by, values))(tables);
      return added;
    });
    return toUser(row);
  }

  /**
   * Makes the first administrator, if there is none: of several processes, and of several who try at once, one.
   * @returns `null`: there is one
   * @throws PeopleError `invalid`, `busy`
   */
  async addFirst(by: Actor, user: NewUser): Promise<User | null> {
    const values = await this.#values({ ...user, isAdministrator: true });
    const row = await this.#deps.store.write((tables) => this.#insertFirst(tables, by, values));
    return row === null ? null : toUser(row);
  }

  /**
   * As {@link addFirst}, with something that has to be right in the same transaction.
   * @param mayYet - takes what gives the right to it
   */
  async addFirstIf(
    mayYet: (tables: Tables) => Promise<boolean>,
    by: Actor,
    user: NewUser,
  ): Promise<User | null> {
    const values = await this.#values({ ...user, isAdministrator: true });
    const row = await this.#deps.store.write(async (tables) =>
      (await mayYet(tables)) ? this.#insertFirst(tables, by, values) : null,
    );
    return row === null ? null : toUser(row);
  }

  /**
   * Changes what is given; the e-mail address at an administrator's word alone. Who is disabled is out with his API tokens, as
   * long as he is. Who becomes an administrator comes in by the provider, or by a link that is made for him then:
   * his password until now, links and sign-ins are void.
   * @throws PeopleError `unknown`, `invalid`, `taken`, `forbidden`, `last-administrator`
   */
  async change(by: Caller, id: string, change: UserChange): Promise<User> {
    const { isAdministrator, isDisabled } = change;
    const name = change.name === undefined ? undefined : userName(change.name);
    const email =
      change.email === undefined || change.email === null ? change.email : emailAddress(change.email);
    const { store, feed, clock, audit } = this.#deps;
    const now = clock.now();
    let endsAccess = isAdministrator === false || isDisabled === true;
    const row = await this.#unlessTaken({ id, name, email }, async (tables) => {
      if (isAdministrator === false || isDisabled === true)
        await keepAnAdministrator(store.dialect, tables, id);
      const before = await lockedUser(store.dialect, tables, id);
      if (isAdministrator !== undefined || before.is_administrator === 1) assertAdministrator(by);
      if (email !== undefined && email !== before.email) assertMayReaddress(by);
      const isPromoted = isAdministrator === true && before.is_administrator === 0;
      if (isPromoted) {
        endsAccess = true;
        await endAllButProvider(tables, id);
      }
      const named = await tables
        .updateTable('users')
        .$if(name !== undefined, (one) => one.set({ name: name ?? '', name_key: nameKeyOf(name ?? '') }))
        .$if(email !== undefined, (one) =>
          one.set({ email: email ?? null, email_key: email == null ? null : emailKeyOf(email) }),
        )
        .set({
          is_administrator: Number(isAdministrator ?? before.is_administrator === 1),
          disabled_at:
            isDisabled === undefined
              ? asNumber(before.disabled_at)
              : isDisabled
                ? (asNumber(before.disabled_at) ?? now)
                : null,
        })
        .where('id', '=', id)
        .returning(USER_COLUMNS)
        .executeTakeFirstOrThrow();
      if (isDisabled === true) await endAccess(tables, id);
      const tokens = isDisabled === undefined ? 0 : await countTokensOf(tables, id, now);
      const wasDisabled = before.disabled_at !== null;
      const action =
        isDisabled === undefined || isDisabled === wasDisabled
          ? 'user.changed'
          : isDisabled
            ? 'user.disabled'
            : 'user.enabled';
      await audit.entry({
        ...{ by, action, project: null, target: id },
        detail: {
          name: named.name,
          ...(named.name === before.name ? {} : { before: before.name }),
          ...(email === undefined ? {} : { email }),
          ...(isAdministrator === undefined ? {} : { isAdministrator }),
          ...(tokens === 0 ? {} : { tokens }),
        },
      })(tables);
      return named;
    });
    if (endsAccess) feed.publish({ what: 'access' });
    return toUser(row);
  }

  /** His API tokens, and those that they made, are revoked. @throws PeopleError `unknown`, `forbidden`, `last-administrator` */
  async remove(by: Caller, id: string): Promise<void> {
    const { store, feed, clock, audit } = this.#deps;
    await store.write(async (tables) => {
      await keepAnAdministrator(store.dialect, tables, id);
      const user = await lockedUser(store.dialect, tables, id);
      if (user.is_administrator === 1) assertAdministrator(by);
      for (const { token, project, label } of await endTokensOf(tables, id, clock.now())) {
        const detail = { label, with: user.name };
        await audit.entry({ by, action: 'token.revoked', project, target: token, detail })(tables);
      }
      await tables.deleteFrom('users').where('id', '=', id).execute();
      await audit.entry({
        by,
        action: 'user.removed',
        project: null,
        target: id,
        detail: { name: user.name },
      })(tables);
    });
    feed.publish({ what: 'access' });
  }

  /** @throws PeopleError `forbidden` for who may less than he did when he asked */
  async #assertStill(tables: Tables, by: Caller): Promise<void> {
    if (by.kind !== 'user' && by.kind !== 'token') return;
    const isStill =
      by.kind === 'token'
        ? await isGoodToken(tables, by.id)
        : (await tables
            .selectFrom('users')
            .select('id')
            .where('id', '=', by.id)
            .where('disabled_at', 'is', null)
            .where('is_administrator', '=', Number(by.isAdministrator))
            .executeTakeFirst()) !== undefined;
    if (!isStill) throw new PeopleError('forbidden', 'You may not do this any more.');
  }

  /** A name that somebody else takes at the same time is refused by the database; then it is there. */
  async #unlessTaken<T>(wanted: Wanted, work: (tables: Tables) => Promise<T>): Promise<T> {
    const { store } = this.#deps;
    try {
      return await store.write(async (tables) => {
        await assertFree(tables, wanted);
        return work(tables);
      });
    } catch (error) {
      if (error instanceof PeopleError) throw error;
      await assertFree(store.tables, wanted);
      throw error;
    }
  }

  async #values({
    name: given,
    email: address,
    password,
    isAdministrator = false,
  }: NewUser): Promise<UserValues> {
    const name = userName(given);
    const email = address === undefined || address === null || address === '' ? null : emailAddress(address);
    if (typeof password === 'string') assertGoodPassword(password, [name, email]);
    return {
      ...newUser(name, email, this.#deps.clock.now()),
      is_administrator: Number(isAdministrator),
      password: typeof password === 'string' ? await this.#passwords.hash(password) : null,
    };
  }

  async #insertFirst(tables: Tables, by: Actor, values: UserValues): Promise<UserRow | null> {
    // Who writes this row waits for who has written it, and then sees what he did.
    await tables
      .insertInto('settings')
      .values({ key: FIRST, value: values.id })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value: values.id }))
      .execute();
    if (await hasAdministrator(tables)) return null;
    await tables.deleteFrom('one_time_codes').where('kind', '=', 'set-up').execute();
    const row = await insertUser(tables, values);
    await this.#deps.audit.entry({ ...addition(by, values), action: 'set-up.done' })(tables);
    return row;
  }
}

function addition(by: Actor, { id, name, is_administrator: isAdministrator }: UserValues) {
  const detail = { name, isAdministrator: isAdministrator === 1 };
  return { by, action: 'user.added' as const, project: null, target: id, detail };
}

/**
 * Whoever has the address at the provider comes in by it, and what an administrator reads beside a name when he gives that one
 * more rights shall be by whose word: his own.
 */
function assertMayReaddress(by: Caller): void {
  if (by.isAdministrator) return;
  throw new PeopleError(
    'forbidden',
    'Only an administrator may change the e-mail address of a user.',
    'email',
  );
}
