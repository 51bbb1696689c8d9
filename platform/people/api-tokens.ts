import { randomBytes } from 'node:crypto';
import type { ProjectId } from 'iroh-net-diagnostics/services';
import type { Selectable } from 'kysely';
import { readable } from '../store/readable.js';
import { int, text } from '../store/rows.js';
import type { Tables as AllTables } from '../store/schema.js';
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
  /** A user, or another caller; `name` is `null` when that user is gone. */
  createdBy: { id: string; name: string | null };
  createdAt: number;
  /** `null`: it does not expire. */
  expiresAt: number | null;
  revokedAt: number | null;
  /** To the minute; `null`: never. */
  lastUsedAt: number | null;
}

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

export type TokenRow = Omit<Selectable<AllTables['api_tokens']>, 'created_by' | 'created_at'>;

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
      .select(TOKEN_COLUMNS)
      .select(['api_tokens.created_by', 'api_tokens.created_at', 'users.name as maker'])
      .where('api_tokens.project', project === null ? 'is' : '=', project)
      .orderBy('api_tokens.created_at', 'desc')
      .orderBy('api_tokens.id')
      .execute();
    return readable(rows, toToken);
  }

  /**
   * Makes one.
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
      if (project !== null) await liveProject(store.dialect, tables, project);
      await keepRoom(tables, project, now);
      await tables
        .insertInto('api_tokens')
        .values({ ...row, hash: hashOf(secret) ?? '' })
        .execute();
      const detail = { label: row.label, permissions: row.permissions, expiresAt: row.expires_at };
      await audit.entry({ by, action: 'token.made', project, target: row.id, detail })(tables);
    });
    const token = toToken({ ...row, hash: '', maker: by.kind === 'user' ? by.name : null });
    return { text: `irohplat_${row.id}_${secret}`, token };
  }

  /** Ends one. @returns whether it could be used until now @throws PeopleError `unknown` */
  async revoke(by: Caller, project: ProjectId | null, id: string): Promise<boolean> {
    const { store, feed, clock, audit } = this.#deps;
    const now = clock.now();
    const isRevoked = await store.write(async (tables) => {
      const token = await tables
        .updateTable('api_tokens')
        .set({ revoked_at: now })
        .where('id', '=', id)
        .where('project', project === null ? 'is' : '=', project)
        .where('revoked_at', 'is', null)
        .returning(['label', 'expires_at'])
        .executeTakeFirst();
      if (token === undefined) {
        const known = await tables
          .selectFrom('api_tokens')
          .select('id')
          .where('id', '=', id)
          .where('project', project === null ? 'is' : '=', project)
          .executeTakeFirst();
        if (known === undefined) throw new PeopleError('unknown', 'There is no such token.');
        return false;
      }
      await audit.entry({ by, action: 'token.revoked', project, target: id, detail: { label: token.label } })(
        tables,
      );
      return token.expires_at === null || Number(token.expires_at) > now;
    });
    if (isRevoked) feed.publish({ what: 'access' });
    return isRevoked;
  }
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
  row: TokenRow & { created_by: string; created_at: number | string; maker: string | null },
): ApiToken {
  return {
    ...{ id: text(row, 'id'), project: row.project, label: text(row, 'label') },
    permissions: text(row, 'permissions').split(' ').filter(isPermission),
    createdBy: { id: row.created_by, name: row.maker },
    createdAt: int(row, 'created_at'),
    expiresAt: row.expires_at === null ? null : int(row, 'expires_at'),
    revokedAt: row.revoked_at === null ? null : int(row, 'revoked_at'),
    lastUsedAt: row.last_used_at === null ? null : int(row, 'last_used_at'),
  };
}
