import { randomBytes } from 'node:crypto';
import { networkOf, printable } from 'iroh-net-diagnostics/services';
import { readable } from '../store/readable.js';
import { int, text } from '../store/rows.js';
import type { Caller } from './caller.js';
import { takeCode } from './codes.js';
import type { From, PeopleDeps, Tables } from './deps.js';
import { keepNewest } from './keep-newest.js';
import type { Passwords } from './passwords.js';
import { hashOf, newSecretText } from './secret-text.js';
import {
  assertMayTouch,
  isNamed,
  lockedUserIfAny,
  rowByNameOrEmail,
  toUser,
  type User,
} from './user-rows.js';

/** A browser that is signed in. Times in unix milliseconds. */
export interface SignIn {
  id: string;
  /** How he came in. */
  way: SignInWay;
  createdAt: number;
  /** To the minute. */
  seenAt: number;
  /** When it ends at the latest. */
  expiresAt: number;
  address: string | null;
  /** What the browser says it is. */
  agent: string;
}

export type SignInWay = 'password' | 'code' | 'oidc';

/** What a browser gets. */
export interface NewSignIn {
  /** For its cookie: a credential. */
  value: string;
  signIn: SignIn;
  user: User;
}

/** A sign-in ends after so long without a request, and so long after it began. */
export const SIGN_IN_MS = { idle: 12 * 3_600_000, whole: 7 * 24 * 3_600_000 } as const;
/** Of one user: one more ends the oldest. */
const MAX_PER_USER = 20;
const MAX_ADDRESSES = 20;
const [MAX_AGENT, MAX_ADDRESS] = [200, 64];

/** The sign-ins of browsers. */
export class SignIns {
  readonly #deps: PeopleDeps;
  readonly #passwords: Passwords;

  constructor(deps: PeopleDeps, passwords: Passwords) {
    this.#deps = deps;
    this.#passwords = passwords;
  }

  /**
   * With a user's name or e-mail address and his password. It takes as long whether there is such a user or not, has a
   * password or not, and is disabled or not. A password that was changed meanwhile signs nobody in.
   * @returns `null`: no
   * @throws PeopleError `busy`
   */
  async withPassword(nameOrEmail: string, password: string, from: From): Promise<NewSignIn | null> {
    const { store, audit } = this.#deps;
    const user = await rowByNameOrEmail(store.tables, nameOrEmail);
    const isRight = await this.#passwords.matches(password, user?.password ?? null);
    const signedIn =
      isRight && user !== null
        ? await store.write((tables) => this.#insert(tables, user.id, 'password', from, user.password))
        : null;
    if (signedIn === null) await audit.failedSignIn(nameOrEmail, user?.id ?? null, from.address);
    return signedIn;
  }

  /** With a one-time code for a user, which is used up. @returns `null`: it is none, or none any more */
  async withCode(code: string, from: From): Promise<NewSignIn | null> {
    const { store, clock } = this.#deps;
    return store.write(async (tables) => {
      const taken = await takeCode(tables, code, 'sign-in', clock.now());
      return taken === null || taken.userId === null
        ? null
        : this.#insert(tables, taken.userId, 'code', from);
    });
  }

  /** For who has shown elsewhere who he is. @returns `null`: he is disabled, or not there */
  begin(userId: string, way: 'oidc' | 'code', from: From): Promise<NewSignIn | null> {
    return this.#deps.store.write((tables) => this.#insert(tables, userId, way, from));
  }

  /**
   * Whether somebody signed in from that address, or from its network, before, whose name or e-mail address that is. One
   * question to the database, whether there is such a user or not: how long it takes tells nothing.
   */
  async knows(nameOrEmail: string, address: string): Promise<boolean> {
    const row = await this.#deps.store.tables
      .selectFrom('users')
      .innerJoin('known_addresses', 'known_addresses.user_id', 'users.id')
      .select('users.id')
      .where(...isNamed(nameOrEmail))
      .where('known_addresses.address', '=', networkOf(address.slice(0, MAX_ADDRESS)))
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Newest first. */
  async list(userId: string): Promise<SignIn[]> {
    const now = this.#deps.clock.now();
    const rows = await this.#deps.store.tables
      .selectFrom('sign_ins')
      .selectAll()
      .where('user_id', '=', userId)
      .where('expires_at', '>', now)
      .where('seen_at', '>', now - SIGN_IN_MS.idle)
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    return readable(rows, toSignIn);
  }

  /** Ends one of a user's. @returns whether there was such a one @throws PeopleError as {@link endOthers} */
  async end(by: Caller, userId: string, id: string): Promise<boolean> {
    return (
      (await this.#end(by, userId, (tables) =>
        tables.deleteFrom('sign_ins').where('user_id', '=', userId).where('id', '=', id).executeTakeFirst(),
      )) > 0
    );
  }

  /**
   * Ends all of a user's.
   * @param keep - the id of one that stays
   * @returns how many
   * @throws PeopleError `forbidden` for an administrator's, unless it is his own or another one asks
   */
  endOthers(by: Caller, userId: string, keep: string | null): Promise<number> {
    return this.#end(by, userId, (tables) =>
      tables
        .deleteFrom('sign_ins')
        .where('user_id', '=', userId)
        .$if(keep !== null, (all) => all.where('id', '<>', keep ?? ''))
        .executeTakeFirst(),
    );
  }

  async #end(
    by: Caller,
    userId: string,
    remove: (tables: Tables) => Promise<{ numDeletedRows: bigint }>,
  ): Promise<number> {
    const { store, feed, audit } = this.#deps;
    const count = await store.write(async (tables) => {
      const user = await lockedUserIfAny(store.dialect, tables, userId);
      if (user !== null) assertMayTouch(by, user);
      const { numDeletedRows } = await remove(tables);
      if (numDeletedRows > 0n) {
        const detail = { count: Number(numDeletedRows) };
        await audit.entry({ by, action: 'sign-in.ended', project: null, target: userId, detail })(tables);
      }
      return Number(numDeletedRows);
    });
    if (count > 0) feed.publish({ what: 'access' });
    return count;
  }

  /** @param expected - the password's hash that was right; it has to be that still */
  async #insert(
    tables: Tables,
    userId: string,
    way: SignInWay,
    from: From,
    expected?: string | null,
  ): Promise<NewSignIn | null> {
    const { store, clock, audit } = this.#deps;
    const user = await lockedUserIfAny(store.dialect, tables, userId);
    if (user === null || user.disabled_at !== null) return null;
    if (expected !== undefined && user.password !== expected) return null;
    const now = clock.now();
    const value = newSecretText();
    const address = from.address === null ? null : printable(from.address, MAX_ADDRESS);
    const row = {
      ...{ id: randomBytes(8).toString('hex'), user_id: userId, way, created_at: now, seen_at: now },
      ...{
        expires_at: now + SIGN_IN_MS.whole,
        from_address: address,
        agent: printable(from.agent, MAX_AGENT),
      },
    };
    await tables
      .insertInto('sign_ins')
      .values({ hash: hashOf(value) ?? '', ...row })
      .execute();
    await keepNewest(tables, {
      table: 'sign_ins',
      of: { user_id: userId },
      key: 'hash',
      at: 'created_at',
      most: MAX_PER_USER,
    });
    if (address !== null) await rememberAddress(tables, userId, networkOf(address), now);
    await tables.updateTable('users').set({ last_sign_in_at: now }).where('id', '=', userId).execute();
    const by = { kind: 'user', id: userId, name: user.name, address };
    await audit.entry({ by, action: 'sign-in.done', project: null, detail: { way } })(tables);
    return { value, signIn: toSignIn(row), user: { ...toUser(user), lastSignInAt: now } };
  }
}

async function rememberAddress(tables: Tables, userId: string, address: string, now: number): Promise<void> {
  await tables
    .insertInto('known_addresses')
    .values({ user_id: userId, address, seen_at: now })
    .onConflict((conflict) => conflict.columns(['user_id', 'address']).doUpdateSet({ seen_at: now }))
    .execute();
  await keepNewest(tables, {
    table: 'known_addresses',
    of: { user_id: userId },
    key: 'address',
    at: 'seen_at',
    most: MAX_ADDRESSES,
  });
}

function toSignIn(row: {
  id: string;
  way: string;
  created_at: number | string;
  seen_at: number | string;
  expires_at: number | string;
  from_address: string | null;
  agent: string;
}): SignIn {
  return {
    ...{ id: text(row, 'id'), way: text(row, 'way') as SignInWay, createdAt: int(row, 'created_at') },
    ...{ seenAt: int(row, 'seen_at'), expiresAt: int(row, 'expires_at') },
    ...{ address: row.from_address, agent: text(row, 'agent') },
  };
}
