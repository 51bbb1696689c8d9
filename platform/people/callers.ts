import type { ProjectId } from 'iroh-net-diagnostics/services';
import { int, text } from '../store/rows.js';
import { OWNER_IS_IN, TOKEN_COLUMNS, type TokenRow, tokenParts } from './api-tokens.js';
import { AnyCaller, type Caller, LocalCaller, TokenCaller, UserCaller } from './caller.js';
import { type PeopleDeps, SKEW_MS } from './deps.js';
import { isPermission, isRole, type Role } from './permissions.js';
import { hashOf, isSameHash } from './secret-text.js';
import { SIGN_IN_MS } from './sign-ins.js';

/** How exactly it is known when somebody was last here. */
const SEEN_MS = 60_000;
/** Held against when a token is not there, so that it takes as long. */
const NOBODYS = '0'.repeat(64);

/**
 * Who asks. Each call asks the database, by keys: whoever was put out is out with the next request, at every process. What is
 * not right gives `null`, whatever is wrong with it.
 */
export class Callers {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** @param value - of the cookie that a sign-in gave @param address - where the request came from */
  async ofSignIn(value: string, address: string | null): Promise<Caller | null> {
    const hash = hashOf(value);
    return hash === null ? null : this.#user({ hash }, address, true);
  }

  /** @param given - as it stands in an `authorization` header behind `Bearer ` */
  async ofToken(given: string, address: string | null): Promise<Caller | null> {
    const parts = tokenParts(given);
    if (parts === null) return null;
    const row = await this.#token(parts.id);
    const isRight = isSameHash(parts.hash, row?.hash ?? NOBODYS);
    return isRight && row !== null ? this.#tokenCaller(row, address) : null;
  }

  /** A program that holds the token of the data folder or of the options. */
  local(name: string, address: string | null): Caller {
    return new LocalCaller({ kind: 'local', id: 'local', name, address });
  }

  /** Whoever comes, where there is no login. */
  anyone(address: string | null): Caller {
    return new AnyCaller({ kind: 'anyone', id: 'anyone', name: 'anyone', address });
  }

  /**
   * Who he is now, and what he may now. That somebody asks for it is no sign that he is there: a page that was left open asks
   * all the time.
   * @returns `null`: he is out
   */
  async again(caller: Caller): Promise<Caller | null> {
    const { kind, id, signInId, address } = caller;
    if (kind === 'user') return signInId === null ? null : this.#user({ id: signInId }, address, false);
    if (kind !== 'token') return caller;
    const row = await this.#token(id);
    return row === null ? null : this.#tokenCaller(row, address);
  }

  /** @param isHere - whether it counts as a sign that he is there */
  async #user(
    by: { hash: string } | { id: string },
    address: string | null,
    isHere: boolean,
  ): Promise<Caller | null> {
    const { store, clock } = this.#deps;
    const now = clock.now();
    const row = await store.tables
      .selectFrom('sign_ins')
      .innerJoin('users', 'users.id', 'sign_ins.user_id')
      .select(['sign_ins.id as sign_in', 'sign_ins.hash', 'sign_ins.created_at', 'sign_ins.seen_at'])
      .select(['sign_ins.expires_at', 'users.id', 'users.name', 'users.is_administrator'])
      .$if('hash' in by, (all) => all.where('sign_ins.hash', '=', 'hash' in by ? by.hash : ''))
      .$if('id' in by, (all) => all.where('sign_ins.id', '=', 'id' in by ? by.id : ''))
      .where('users.disabled_at', 'is', null)
      .executeTakeFirst();
    if (row === undefined) return null;
    const [createdAt, seenAt, expiresAt] = [
      int(row, 'created_at'),
      int(row, 'seen_at'),
      int(row, 'expires_at'),
    ];
    // A clock that was ahead gave it more time than it should have.
    if (createdAt > now + SKEW_MS || now >= expiresAt || now >= seenAt + SIGN_IN_MS.idle) return null;
    if (isHere && Math.abs(now - seenAt) >= SEEN_MS) this.#saw(row.hash, now);
    return new UserCaller(
      { id: text(row, 'id'), name: text(row, 'name'), address },
      {
        ...{ isAdministrator: int(row, 'is_administrator') === 1, signInId: text(row, 'sign_in') },
        roles: await this.#roles(row.id),
      },
    );
  }

  async #roles(userId: string): Promise<ReadonlyMap<ProjectId, Role>> {
    const rows = await this.#deps.store.tables
      .selectFrom('members')
      .innerJoin('projects', 'projects.id', 'members.project')
      .select(['members.project', 'members.role'])
      .where('members.user_id', '=', userId)
      .where('projects.removed_at', 'is', null)
      .orderBy('members.project')
      .execute();
    return new Map(rows.flatMap(({ project, role }) => (isRole(role) ? [[project, role] as const] : [])));
  }

  async #token(id: string): Promise<TokenRow | null> {
    const row = await this.#deps.store.tables
      .selectFrom('api_tokens')
      .leftJoin('projects', 'projects.id', 'api_tokens.project')
      .select(TOKEN_COLUMNS)
      .where('api_tokens.id', '=', id)
      .where('projects.removed_at', 'is', null)
      .where(OWNER_IS_IN)
      .executeTakeFirst();
    return row ?? null;
  }

  #tokenCaller(row: TokenRow, address: string | null): Caller | null {
    const now = this.#deps.clock.now();
    const expiresAt = row.expires_at === null ? null : int(row, 'expires_at');
    if (row.revoked_at !== null || (expiresAt !== null && now >= expiresAt)) return null;
    if (row.last_used_at === null || Math.abs(now - int(row, 'last_used_at')) >= SEEN_MS)
      this.#used(row.id, now);
    const permissions = text(row, 'permissions').split(' ').filter(isPermission);
    return new TokenCaller(
      { id: text(row, 'id'), name: text(row, 'label'), address },
      { project: row.project, permissions, expiresAt },
    );
  }

  /** Nobody waits for it, and nobody fails for it. */
  #saw(hash: string, now: number): void {
    const write = this.#deps.store.write((tables) =>
      tables.updateTable('sign_ins').set({ seen_at: now }).where('hash', '=', hash).execute(),
    );
    write.catch(() => {});
  }

  #used(id: string, now: number): void {
    const write = this.#deps.store.write((tables) =>
      tables.updateTable('api_tokens').set({ last_used_at: now }).where('id', '=', id).execute(),
    );
    write.catch(() => {});
  }
}
