import type { Caller } from './caller.js';
import { type From, type PeopleDeps, SKEW_MS, type Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { keepNewest } from './keep-newest.js';
import { hashOf, newSecretText } from './secret-text.js';
import { assertAdministrator, lockedUser, type User } from './user-rows.js';
import type { NewUser, Users } from './users.js';

/** How long a code can be used. */
export const CODE_MS = { 'set-up': 24 * 3_600_000, 'sign-in': 15 * 60_000 } as const;
/** Codes of a kind that can be used at once; one more ends the oldest. Each process of a platform makes one for the set-up. */
const MAX_CODES = { 'set-up': 16, 'sign-in': 5 } as const;

type CodeKind = keyof typeof CODE_MS;

/** Codes that let somebody in once. */
export class OneTimeCodes {
  readonly #deps: PeopleDeps;
  readonly #users: Users;

  constructor(deps: PeopleDeps, users: Users) {
    this.#deps = deps;
    this.#users = users;
  }

  /** One with which the first administrator is made. @returns `null`: there is one */
  async makeSetUp(): Promise<string | null> {
    if (await this.#users.hasAdministrator()) return null;
    return this.#deps.store.write((tables) => this.#insert(tables, 'set-up', null));
  }

  /**
   * Makes the first administrator.
   * @returns `null`: the code is none, or none any more
   * @throws PeopleError `invalid`, `busy`: then the code can still be used
   */
  async useSetUp(code: string, user: NewUser, from: From): Promise<User | null> {
    const now = this.#deps.clock.now();
    // Whoever only guesses shall not have passwords hashed.
    if (!(await isValid(this.#deps.store.tables, code, 'set-up', now))) return null;
    const by = { kind: 'nobody', id: 'set-up', name: 'the set-up code', address: from.address };
    const mayYet = async (tables: Tables) => (await takeCode(tables, code, 'set-up', now)) !== null;
    return this.#users.addFirstIf(mayYet, by, user);
  }

  /** One that signs a user in, for who has lost his password. @throws PeopleError `unknown`, `forbidden` */
  async makeSignIn(by: Caller, userId: string): Promise<string> {
    const { store, audit } = this.#deps;
    return store.write(async (tables) => {
      const user = await lockedUser(store.dialect, tables, userId);
      if (user.is_administrator === 1) assertAdministrator(by);
      if (user.disabled_at !== null) throw new PeopleError('forbidden', 'This user is disabled.');
      await audit.entry({
        by,
        action: 'user.linked',
        project: null,
        target: userId,
        detail: { name: user.name },
      })(tables);
      return this.#insert(tables, 'sign-in', userId);
    });
  }

  async #insert(tables: Tables, kind: CodeKind, userId: string | null): Promise<string> {
    const now = this.#deps.clock.now();
    const code = newSecretText();
    await tables
      .insertInto('one_time_codes')
      .values({
        hash: hashOf(code) ?? '',
        kind,
        user_id: userId,
        created_at: now,
        expires_at: now + CODE_MS[kind],
      })
      .execute();
    await keepNewest(tables, {
      table: 'one_time_codes',
      of: { kind, user_id: userId },
      key: 'hash',
      at: 'created_at',
      most: MAX_CODES[kind],
    });
    return code;
  }
}

/** Uses a code up: of several who have it one gets it. @returns `null`: it is none, or none any more */
export async function takeCode(
  tables: Tables,
  code: string,
  kind: CodeKind,
  now: number,
): Promise<{ userId: string | null } | null> {
  const hash = hashOf(code);
  if (hash === null) return null;
  const row = await tables
    .deleteFrom('one_time_codes')
    .where('hash', '=', hash)
    .where('kind', '=', kind)
    .returning(['user_id', 'created_at', 'expires_at'])
    .executeTakeFirst();
  return row === undefined || !isInTime(row, now) ? null : { userId: row.user_id };
}

async function isValid(
  tables: Pick<Tables, 'selectFrom'>,
  code: string,
  kind: CodeKind,
  now: number,
): Promise<boolean> {
  const hash = hashOf(code);
  if (hash === null) return false;
  const row = await tables
    .selectFrom('one_time_codes')
    .select(['created_at', 'expires_at'])
    .where('hash', '=', hash)
    .where('kind', '=', kind)
    .executeTakeFirst();
  return row !== undefined && isInTime(row, now);
}

function isInTime(row: { created_at: number | string; expires_at: number | string }, now: number): boolean {
  return Number(row.created_at) <= now + SKEW_MS && now < Number(row.expires_at);
}
