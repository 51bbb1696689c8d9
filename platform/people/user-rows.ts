/** How users lie in their table, and what keeps them right there. */
import { randomBytes } from 'node:crypto';
import type { Selectable } from 'kysely';
import { holding, locking } from '../store/dialect.js';
import { int, text } from '../store/rows.js';
import type { Tables as AllTables } from '../store/schema.js';
import type { Dialect } from '../store/sql-database.js';
import type { Caller } from './caller.js';
import type { Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { emailKeyOf, nameKeyOf, userName } from './names.js';

/** A user of the platform. Times in unix milliseconds. */
export interface User {
  id: string;
  name: string;
  email: string | null;
  hasPassword: boolean;
  /** Who he is with a provider of OpenID Connect; `null`: he has not come from one yet. */
  oidc: { issuer: string; subject: string } | null;
  isAdministrator: boolean;
  createdAt: number;
  /** From then on he cannot sign in; `null`: he can. */
  disabledAt: number | null;
  lastSignInAt: number | null;
}

/** A user of OpenID Connect is made by whoever comes from there. */
const MAX_USERS = 10_000;
/** Longest text that is looked up as a name or an address. Characters. */
const MAX_GIVEN = 300;
/** What is read of a row. */
export const USER_COLUMNS = [
  ...(['id', 'name', 'name_key', 'email', 'password', 'oidc_issuer', 'oidc_subject'] as const),
  ...(['is_administrator', 'created_at', 'disabled_at', 'last_sign_in_at'] as const),
] as const;

export type UserRow = Pick<Selectable<AllTables['users']>, (typeof USER_COLUMNS)[number]>;

/** A row of `users` that is to be written. */
export type UserValues = ReturnType<typeof newUser> & { is_administrator: number; password: string | null };

export function toUser(row: UserRow): User {
  const { oidc_issuer: issuer, oidc_subject: subject } = row;
  return {
    ...{ id: text(row, 'id'), name: text(row, 'name'), email: row.email },
    hasPassword: row.password !== null,
    oidc: issuer === null || subject === null ? null : { issuer, subject },
    isAdministrator: int(row, 'is_administrator') === 1,
    createdAt: int(row, 'created_at'),
    disabledAt: asNumber(row.disabled_at),
    lastSignInAt: asNumber(row.last_sign_in_at),
  };
}

/** The values of a new user, who may not do anything yet. */
export function newUser(name: string, email: string | null, now: number) {
  return {
    ...{ id: randomBytes(12).toString('hex'), name, name_key: nameKeyOf(name), email },
    email_key: email === null ? null : emailKeyOf(email),
    created_at: now,
  };
}

/** @throws PeopleError `full` */
export async function assertRoom(tables: Tables): Promise<void> {
  const { count } = await tables
    .selectFrom('users')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  if (Number(count) >= MAX_USERS)
    throw new PeopleError('full', `There are ${MAX_USERS} users already: remove some.`);
}

/** @throws PeopleError `taken` */
export async function insertUser(
  tables: Tables,
  values: UserValues & { oidc_issuer?: string; oidc_subject?: string },
): Promise<UserRow> {
  const row = await tables
    .insertInto('users')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .returning(USER_COLUMNS)
    .executeTakeFirst();
  if (row !== undefined) return row;
  await assertFree(tables, values);
  throw new PeopleError('taken', 'There is such a user already.');
}

/** A name or an address that somebody is to have. */
export interface Wanted {
  id: string;
  name?: string | undefined;
  email?: string | null | undefined;
}

/** @throws PeopleError `taken` */
export async function assertFree(
  tables: Pick<Tables, 'selectFrom'>,
  { id, name, email }: Wanted,
): Promise<void> {
  const isTaken = async (wanted: string) => {
    const user = await rowByNameOrEmail(tables, wanted);
    return user !== null && user.id !== id;
  };
  if (name !== undefined && (await isTaken(name)))
    throw new PeopleError('taken', 'Another user has this name, or one that looks the same.', 'name');
  if (typeof email === 'string' && (await isTaken(email)))
    throw new PeopleError('taken', 'Another user has this e-mail address.', 'email');
}

/** The user with that name or that address; `null`: nobody. */
export async function rowByNameOrEmail(
  tables: Pick<Tables, 'selectFrom'>,
  given: string,
): Promise<UserRow | null> {
  const row = await tables
    .selectFrom('users')
    .select(USER_COLUMNS)
    .where(...isNamed(given))
    .executeTakeFirst();
  return row ?? null;
}

/** Whose name, or whose address, that is, as a condition of a query. */
export function isNamed(given: string): ['users.email_key' | 'users.name_key', '=', string] {
  // Nobody has such a long one, and folding it would take its time.
  if (given.length > MAX_GIVEN) return ['users.name_key', '=', ''];
  return given.includes('@')
    ? ['users.email_key', '=', emailKeyOf(given)]
    : ['users.name_key', '=', nameKeyOf(given)];
}

/** The user, who stays as he is until the transaction ends, and may be changed in it; `null`: there is none. */
export async function lockedUserIfAny(dialect: Dialect, tables: Tables, id: string): Promise<UserRow | null> {
  const query = tables.selectFrom('users').select(USER_COLUMNS).where('id', '=', id);
  return (await locking(dialect, query).executeTakeFirst()) ?? null;
}

/** As {@link lockedUserIfAny}. @throws PeopleError `unknown` */
export async function lockedUser(dialect: Dialect, tables: Tables, id: string): Promise<UserRow> {
  const row = await lockedUserIfAny(dialect, tables, id);
  if (row === null) throw unknownUser();
  return row;
}

/**
 * As {@link lockedUserIfAny}, for what leaves the user as he is: several may do so at once. Two who then changed him would
 * wait for each other.
 */
export async function heldUser(dialect: Dialect, tables: Tables, id: string): Promise<UserRow | null> {
  const query = tables.selectFrom('users').select(USER_COLUMNS).where('id', '=', id);
  return (await holding(dialect, query).executeTakeFirst()) ?? null;
}

/**
 * The last administrator stays one. All of them are locked, in one order, so of two that are to go at the same time the
 * second sees that the first has gone.
 * @throws PeopleError `last-administrator`
 */
export async function keepAnAdministrator(dialect: Dialect, tables: Tables, leaving: string): Promise<void> {
  const administrators = await locking(
    dialect,
    tables
      .selectFrom('users')
      .select('id')
      .where('is_administrator', '=', 1)
      .where('disabled_at', 'is', null)
      .orderBy('id'),
  ).execute();
  if (administrators.some(({ id }) => id !== leaving) || administrators.length === 0) return;
  throw new PeopleError('last-administrator', 'This is the last administrator: make another one first.');
}

/** Ends what somebody came in by, and could come in by. @param keep - the id of a sign-in that stays */
export async function endAccess(tables: Tables, userId: string, keep: string | null = null): Promise<void> {
  await tables
    .deleteFrom('sign_ins')
    .where('user_id', '=', userId)
    .$if(keep !== null, (all) => all.where('id', '<>', keep ?? ''))
    .execute();
  await tables.deleteFrom('one_time_codes').where('user_id', '=', userId).execute();
}

/**
 * Ends every way in but that by the provider. Somebody who may make users, or links for them, may know a password of this one,
 * or be signed in as him; and what this one may from now on, he may not.
 */
export async function endAllButProvider(tables: Tables, userId: string): Promise<void> {
  await tables.updateTable('users').set({ password: null }).where('id', '=', userId).execute();
  await endAccess(tables, userId);
}

/** The first name that nobody has: one of the wishes, or one with a number behind it. */
export async function freeUserName(tables: Tables, wishes: readonly string[]): Promise<string> {
  const usable = wishes.flatMap((wish) => {
    try {
      return [userName(wish.replaceAll('@', ' ').slice(0, 50))];
    } catch {
      return [];
    }
  });
  const names = usable.length === 0 ? ['user'] : usable;
  const isFree = async (name: string) => (await rowByNameOrEmail(tables, name)) === null;
  for (const name of names) if (await isFree(name)) return name;
  const [first] = names;
  for (let number = 2; number < 100; number += 1)
    if (await isFree(`${first} ${number}`)) return `${first} ${number}`;
  return `${first} ${randomBytes(4).toString('hex')}`;
}

/** Whether somebody can make others one. Users alone may have come by a provider, before anybody set the platform up. */
export async function hasAdministrator(tables: Pick<Tables, 'selectFrom'>): Promise<boolean> {
  return (
    (await tables
      .selectFrom('users')
      .select('id')
      .where('is_administrator', '=', 1)
      .limit(1)
      .executeTakeFirst()) !== undefined
  );
}

export function asNumber(value: number | string | null): number | null {
  return value === null ? null : Number(value);
}

/** Who is no administrator does nothing to one. @throws PeopleError `forbidden` */
export function assertMayTouch(by: Caller, user: Pick<UserRow, 'id' | 'is_administrator'>): void {
  if (user.is_administrator === 1 && user.id !== by.id) assertAdministrator(by);
}

export function unknownUser(): PeopleError {
  return new PeopleError('unknown', 'There is no such user.');
}

/** Of an administrator others decide nothing. @throws PeopleError `forbidden` */
export function assertAdministrator(by: Caller): void {
  if (by.isAdministrator) return;
  throw new PeopleError('forbidden', 'Only an administrator may do that to an administrator, or make one.');
}
