import { randomBytes } from 'node:crypto';
import type { ProjectId } from 'iroh-net-diagnostics/services';
import { type Selectable, type SqlBool, sql } from 'kysely';
import { holding } from '../store/dialect.js';
import { readable } from '../store/readable.js';
import { int, text } from '../store/rows.js';
import type { Tables as AllTables } from '../store/schema.js';
import type { Dialect } from '../store/sql-database.js';
import type { Caller } from './caller.js';
import type { PeopleDeps, Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { label } from './names.js';
import { isPermission, isPlatformPermission, type Permission } from './permissions.js';
import { liveProject } from './projects.js';
import { hashOf, newSecretText, SECRET_FORM } from './secret-text.js';

/** An API token, without what only its holder knows. Times in unix milliseconds. */
export interface ApiToken {
  id: string;
  /** `null`: of the whole platform. */
  project: ProjectId | null;
  label: string;
  permissions: readonly Permission[];
  /** Who made it. `name`: that of a user, or a token's label; `null`: it is gone, or there is none. */
  createdBy: { kind: MakerKind; id: string; name: string | null };
  /**
   * Whether the user is disabled or removed who made it, or made what made it, or, where it is of the whole platform, no
   * administrator any more: then it lets nobody in.
   */
  isOwnerOut: boolean;
  createdAt: number;
  /** `null`: it does not expire. */
  expiresAt: number | null;
  revokedAt: number | null;
  /** To the minute; `null`: never. */
  lastUsedAt: number | null;
}

/** Who makes tokens. */
type MakerKind = Caller['kind'];

/** A token that is to be made. */
export interface NewApiToken {
  /** `null`: of the whole platform. */
  project: ProjectId | null;
  label: string;
  /** What it may: nothing that who makes it may not himself. */
  permissions: readonly string[];
  /** `null`: never, which only an administrator may say. Default: in 90 days. One that a token makes ends with it at the latest. */
  expiresAt?: number | null | undefined;
}

const DAY_MS = 24 * 3_600_000;
const DEFAULT_DAYS = 90;
const MAX_DAYS = 366;
/** Of a project, or of the platform, that can be used; and with those that cannot any more. */
const [MAX_LIVING, MAX_KEPT] = [200, 1_000];

const FORM = new RegExp(`^irohplat_([0-9a-f]{16})_(${SECRET_FORM})$`);

/** What is read of a token's row to see who comes with it. */
export const TOKEN_COLUMNS = [
  ...(['api_tokens.id', 'api_tokens.hash', 'api_tokens.project', 'api_tokens.label'] as const),
  ...(['api_tokens.permissions', 'api_tokens.expires_at', 'api_tokens.revoked_at'] as const),
  'api_tokens.last_used_at',
] as const;

export type TokenRow = Omit<Selectable<AllTables['api_tokens']>, 'created_by' | 'created_at' | 'owner'>;

/**
 * Of `api_tokens`: its user is there and not disabled, and an administrator where it is of the whole platform, as he was who
 * made it; or it has none.
 */
export const OWNER_IS_IN = sql<SqlBool>`(api_tokens.owner IS NULL OR EXISTS (
  SELECT 1 FROM users WHERE users.id = api_tokens.owner AND users.disabled_at IS NULL
    AND (api_tokens.project IS NOT NULL OR users.is_administrator = 1)))`;

/** Takes a token's text apart. @returns `null` for what is none */
export function tokenParts(given: string): { id: string; hash: string } | null {
  const [, id, secret = ''] = FORM.exec(given) ?? [];
  const hash = hashOf(secret);
  return id === undefined || hash === null ? null : { id, hash };
}

/** What programs come with. */
export class ApiTokens {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** Newest first, with those that cannot be used any more. @param project - `null`: those of the whole platform */
  async list(project: ProjectId | null): Promise<ApiToken[]> {
    const rows = await this.#deps.store.tables
      .selectFrom('api_tokens')
      .leftJoin('users', 'users.id', 'api_tokens.created_by')
      .leftJoin('api_tokens as makers', 'makers.id', 'api_tokens.created_by')
      .select(TOKEN_COLUMNS)
      .select(['api_tokens.created_by', 'api_tokens.created_at'])
      .select(['users.name as user_name', 'makers.label as token_label'])
      .select(sql<number>`CASE WHEN ${OWNER_IS_IN} THEN 0 ELSE 1 END`.as('is_owner_out'))
      .where('api_tokens.project', project === null ? 'is' : '=', project)
      .orderBy('api_tokens.created_at', 'desc')
      .orderBy('api_tokens.id')
      .execute();
    return readable(rows, toToken);
  }

  /**
   * Makes one. It ends with who makes it: with the user who is removed or as long as he is disabled, with the token that is revoked.
   * @returns also its text, which is a credential and cannot be shown again
   * @throws PeopleError `invalid`, `forbidden`, `full`; `unknown` for the project
   */
  async make(by: Caller, given: NewApiToken): Promise<{ text: string; token: ApiToken }> {
    const { store, clock, audit } = this.#deps;
    const { project } = given;
    const now = clock.now();
    const permissions = grantable(by, project, given.permissions);
    const secret = newSecretText();
    const row = {
      ...{
        id: randomBytes(8).toString('hex'),
        project,
        label: label("A token's label", given.label, 'label'),
      },
      ...{ permissions: permissions.join(' '), created_by: by.id, created_at: now },
      ...{ expires_at: expiry(by, given.expiresAt, now), revoked_at: null, last_used_at: null },
    };
    await store.write(async (tables) => {
      const owner = await ownerFor(store.dialect, tables, by);
      if (project !== null) await liveProject(store.dialect, tables, project);
      await keepRoom(tables, project, now);
      await tables
        .insertInto('api_tokens')
        .values({ ...row, owner, hash: hashOf(secret) ?? '' })
        .execute();
      const detail = { label: row.label, permissions: row.permissions, expiresAt: row.expires_at };
      await audit.entry({ by, action: 'token.made', project, target: row.id, detail })(tables);
    });
    const token = toToken({
      ...{ ...row, hash: '', is_owner_out: 0 },
      user_name: by.kind === 'user' ? by.name : null,
      token_label: by.kind === 'token' ? by.name : null,
    });
    return { text: `irohplat_${row.id}_${secret}`, token };
  }

  /**
   * Ends one, with those that it made, and those that these made.
   * @returns whether it could be used until now
   * @throws PeopleError `unknown`
   */
  async revoke(by: Caller, project: ProjectId | null, id: string): Promise<boolean> {
    const { store, feed, clock, audit } = this.#deps;
    const now = clock.now();
    const wasGood = await store.write(async (tables) => {
      const known = await tables
        .selectFrom('api_tokens')
        .select('expires_at')
        .where('id', '=', id)
        .where('project', project === null ? 'is' : '=', project)
        .executeTakeFirst();
      if (known === undefined) throw new PeopleError('unknown', 'There is no such token.');
      const ended = await endTokens(tables, { column: 'id', values: [id] }, now);
      for (const { token, project, label } of ended) {
        const detail = { label, ...(token === id ? {} : { with: id }) };
        await audit.entry({ by, action: 'token.revoked', project, target: token, detail })(tables);
      }
      return ended.length > 0 && (known.expires_at === null || Number(known.expires_at) > now);
    });
    if (wasGood) feed.publish({ what: 'access' });
    return wasGood;
  }
}

/** Of a token that was ended. */
interface EndedToken {
  token: string;
  project: ProjectId | null;
  label: string;
}

/** Ends all of a user's, with those that they made. */
export function endTokensOf(tables: Tables, userId: string, now: number): Promise<EndedToken[]> {
  return endTokens(tables, { column: 'owner', values: [userId] }, now);
}

/** How many of a user's could be used. */
export async function countTokensOf(tables: Tables, userId: string, now: number): Promise<number> {
  const { count } = await tables
    .selectFrom('api_tokens')
    .select(({ fn }) => fn.countAll().as('count'))
    .where('owner', '=', userId)
    .where('revoked_at', 'is', null)
    .where(({ or, eb }) => or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** Whether a token lets somebody in still, but for its expiry. */
export async function isGoodToken(tables: Tables, id: string): Promise<boolean> {
  const row = await tables
    .selectFrom('api_tokens')
    .select('id')
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where(OWNER_IS_IN)
    .executeTakeFirst();
  return row !== undefined;
}

/** Ends those that are not revoked yet, then those that they made, and so on. */
async function endTokens(
  tables: Tables,
  which: { column: 'id' | 'owner' | 'created_by'; values: readonly string[] },
  now: number,
): Promise<EndedToken[]> {
  const rows = await tables
    .updateTable('api_tokens')
    .set({ revoked_at: now })
    .where(which.column, 'in', [...which.values])
    .where('revoked_at', 'is', null)
    .returning(['id', 'project', 'label'])
    .execute();
  if (rows.length === 0) return [];
  const ended = rows.map(({ id, project, label }) => ({ token: id, project, label }));
  const made = { column: 'created_by', values: rows.map(({ id }) => id) } as const;
  return [...ended, ...(await endTokens(tables, made, now))];
}

/**
 * With whom a token ends that this caller makes: a user; `null`: with nobody. The token that makes it stays until the transaction
 * ends, so that who revokes it sees what it has made.
 * @throws PeopleError `forbidden` when it lets nobody in any more
 */
async function ownerFor(dialect: Dialect, tables: Tables, by: Caller): Promise<string | null> {
  if (by.kind !== 'token') return by.kind === 'user' ? by.id : null;
  const query = tables
    .selectFrom('api_tokens')
    .select('owner')
    .where('id', '=', by.id)
    .where('revoked_at', 'is', null);
  const maker = await holding(dialect, query).executeTakeFirst();
  if (maker === undefined || !(await isGoodToken(tables, by.id)))
    throw new PeopleError('forbidden', 'You may not do this any more.');
  return maker.owner;
}

/** @throws PeopleError `invalid`, `forbidden` */
function grantable(by: Caller, project: ProjectId | null, given: readonly string[]): readonly Permission[] {
  const permissions = [...new Set(given)];
  if (permissions.length === 0 || permissions.length > 100 || !permissions.every(isPermission))
    throw new PeopleError(
      'invalid',
      "A token's permissions are one or more of those that there are.",
      'permissions',
    );
  if (project !== null && permissions.some(isPlatformPermission))
    throw new PeopleError(
      'invalid',
      'A token of a project may nothing of the whole platform.',
      'permissions',
    );
  if (project === null && !by.isAdministrator)
    throw new PeopleError('forbidden', 'Only an administrator makes tokens of the whole platform.');
  const missing = permissions.filter((permission) => project !== null && !by.may(permission, project));
  if (missing.length > 0)
    throw new PeopleError('forbidden', `You cannot give what you may not yourself: ${missing.join(', ')}.`);
  return permissions.sort();
}

/**
 * A token that expires makes none that is there after it: who found it would never have to find another.
 * @throws PeopleError `invalid`, `forbidden`
 */
function expiry(by: Caller, given: number | null | undefined, now: number): number | null {
  const last = by.expiresAt ?? Number.POSITIVE_INFINITY;
  if (given === undefined) return Math.min(now + DEFAULT_DAYS * DAY_MS, last);
  if (given === null && !by.isAdministrator)
    throw new PeopleError('forbidden', 'Only an administrator makes tokens that do not expire.');
  if (given !== null && !(Number.isSafeInteger(given) && given > now && given <= now + MAX_DAYS * DAY_MS))
    throw new PeopleError('invalid', `A token expires within ${MAX_DAYS} days.`, 'expiresAt');
  if ((given ?? Number.POSITIVE_INFINITY) > last)
    throw new PeopleError('forbidden', 'A token makes none that is there longer than itself.', 'expiresAt');
  return given;
}

/** @throws PeopleError `full` */
async function keepRoom(tables: Tables, project: ProjectId | null, now: number): Promise<void> {
  const all = await tables
    .selectFrom('api_tokens')
    .select(['id', 'expires_at', 'revoked_at'])
    .where('project', project === null ? 'is' : '=', project)
    .orderBy('created_at')
    .orderBy('id')
    .execute();
  const ended = all.filter(
    ({ revoked_at, expires_at }) => revoked_at !== null || (expires_at !== null && Number(expires_at) <= now),
  );
  if (all.length - ended.length >= MAX_LIVING)
    throw new PeopleError('full', `There are ${MAX_LIVING} tokens already: revoke one.`);
  const excess = ended.slice(0, Math.max(0, all.length + 1 - MAX_KEPT)).map(({ id }) => id);
  if (excess.length > 0) await tables.deleteFrom('api_tokens').where('id', 'in', excess).execute();
}

function toToken(
  row: TokenRow & {
    created_by: string;
    created_at: number | string;
    user_name: string | null;
    token_label: string | null;
    is_owner_out: number | string;
  },
): ApiToken {
  const kind = makerKind(row.created_by);
  const name = { user: row.user_name, token: row.token_label, local: null, anyone: null }[kind];
  return {
    ...{ id: text(row, 'id'), project: row.project, label: text(row, 'label') },
    permissions: text(row, 'permissions').split(' ').filter(isPermission),
    createdBy: { kind, id: row.created_by, name },
    isOwnerOut: Number(row.is_owner_out) === 1,
    createdAt: int(row, 'created_at'),
    expiresAt: row.expires_at === null ? null : int(row, 'expires_at'),
    revokedAt: row.revoked_at === null ? null : int(row, 'revoked_at'),
    lastUsedAt: row.last_used_at === null ? null : int(row, 'last_used_at'),
  };
}

/** By the form of its id. */
function makerKind(id: string): MakerKind {
  if (id === 'local' || id === 'anyone') return id;
  return /^[0-9a-f]{16}$/.test(id) ? 'token' : 'user';
}
