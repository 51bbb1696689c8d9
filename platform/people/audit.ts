import { createHash, randomBytes } from 'node:crypto';
import { type Clock, type ProjectId, printable } from 'iroh-net-diagnostics/services';
import type { Selectable } from 'kysely';
import { MIGRATIONS } from '../store/migrations/index.js';
import { readable } from '../store/readable.js';
import { int, text } from '../store/rows.js';
import type { Tables } from '../store/schema.js';
import type { SqlDatabase } from '../store/sql-database.js';
import type { SqlStore } from '../store/sql-store.js';
import type { Write } from '../store/write-queue.js';

/** What is written down. The part before the dot is what it is about. */
export const AUDIT_ACTIONS = [
  ...(['set-up.done', 'sign-in.done', 'sign-in.failed', 'sign-in.refused', 'sign-in.ended'] as const),
  ...([
    'user.added',
    'user.changed',
    'user.disabled',
    'user.enabled',
    'user.removed',
    'user.linked',
  ] as const),
  ...(['password.changed', 'member.added', 'member.changed', 'member.removed'] as const),
  ...(['project.added', 'project.renamed', 'project.removed', 'token.made', 'token.revoked'] as const),
  ...([
    'secret.made',
    'secret.registered',
    'secret.revoked',
    'run.requested',
    'run.cancelled',
    'backup.made',
    'platform-key.changed',
  ] as const),
] as const;

export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** Who did something, and from where. A caller is one. */
export interface Actor {
  /** A kind of caller; `nobody`: one who did not sign in. */
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  /** The address that the request came from; `null`: none. */
  readonly address: string | null;
}

/** Something that is to be written down. */
export interface AuditNews {
  by: Actor;
  action: AuditAction;
  /** `null`: the whole platform. */
  project: ProjectId | null;
  /** What it was done to: an id, or a name. */
  target?: string | null;
  /** What else is worth knowing: short texts, never a secret. */
  detail?: Readonly<Record<string, string | number | boolean | null>>;
}

/** Something that was done. Times in unix milliseconds. */
export interface AuditEntry {
  id: string;
  at: number;
  project: ProjectId | null;
  actor: { kind: string; id: string; name: string };
  action: string;
  target: string | null;
  /** Where it came from; `null`: from this machine, or not known. */
  address: string | null;
  detail: Readonly<Record<string, string | number | boolean | null>>;
  /** How often, within a minute. */
  times: number;
}

/** Which entries. */
export interface AuditQuery {
  /** Of one project; `null`: of the whole platform, projects included. */
  project: ProjectId | null;
  limit: number;
  /** Those older than the one with this id. */
  after?: string | null;
  action?: string | null;
  /** The id of who did it. */
  actor?: string | null;
}

export interface AuditPage {
  /** Newest first. */
  items: AuditEntry[];
  /** For {@link AuditQuery.after}; `null`: there are no more. */
  next: string | null;
}

const MINUTE_MS = 60_000;
const [MAX_TEXT, MAX_DETAILS] = [200, 12];
/** Of what strangers do only the first entry of a minute is a row of its own. */
const NOBODY = 'nobody';

/** Who did what, and when. Nothing in it can be changed; what is too old or too much is removed by the sweep. */
export class AuditLog {
  readonly #store: SqlStore;
  readonly #clock: Clock;
  #last = { at: 0, count: 0 };

  constructor(store: SqlStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Writes something down by itself. What changes the database besides does it with {@link entry}. @throws `ERR_STORE` */
  async record(news: AuditNews): Promise<void> {
    await this.#store.write(this.entry(news));
  }

  /** Writes something down in the transaction of the change itself: neither is there without the other. */
  entry(news: AuditNews): Write {
    const values = this.#values(news);
    return (tables) => tables.insertInto('audit').values(values).execute();
  }

  /** Sorts by time, and what this process writes in one millisecond by its order. */
  #values(news: AuditNews) {
    const at = this.#clock.now();
    this.#last = { at, count: this.#last.at === at ? this.#last.count + 1 : 0 };
    return newRow(news, at, this.#last.count);
  }

  /**
   * Writes down that somebody could not sign in. Within a minute one row for each user and one for all names that nobody has,
   * however many try: the first of them is the one that it names.
   * @param userId - whose name it was; `null`: nobody's
   */
  async failedSignIn(name: string, userId: string | null, address: string | null): Promise<void> {
    const by = { kind: NOBODY, id: userId ?? '', name, address };
    await this.#countInMinute(userId ?? '', { by, action: 'sign-in.failed', project: null });
  }

  /**
   * Writes down that somebody came by a provider, and was not let in. Within a minute one row for each of them.
   * @param by - the provider
   * @param subject - whom the provider has proven; `null`: nobody
   */
  async refusedSignIn(
    by: Actor,
    subject: string | null,
    detail: Exclude<AuditNews['detail'], undefined>,
  ): Promise<void> {
    const news: AuditNews = { by, action: 'sign-in.refused', project: null, target: subject, detail };
    await this.#countInMinute(JSON.stringify([by.id, subject]), news);
  }

  /** @param key - whose row it is */
  async #countInMinute(key: string, news: AuditNews): Promise<void> {
    const values = this.#values(news);
    const minute = values.at - (values.at % MINUTE_MS);
    const about = createHash('sha256').update(key).digest('hex').slice(0, 12);
    await this.#store.write((tables) =>
      tables
        .insertInto('audit')
        .values({ ...values, id: `${timeText(minute)}${about}` })
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet((eb) => ({ times: eb('audit.times', '+', 1) })),
        )
        .execute(),
    );
  }

  /** A page of what was done, newest first. */
  async page({ project, limit, after, action, actor }: AuditQuery): Promise<AuditPage> {
    const rows = await this.#store.tables
      .selectFrom('audit')
      .selectAll()
      .$if(project !== null, (all) => all.where('project', '=', project))
      .$if(typeof after === 'string', (all) => all.where('id', '<', after ?? ''))
      .$if(typeof action === 'string', (all) => all.where('action', '=', action ?? ''))
      .$if(typeof actor === 'string', (all) => all.where('actor_id', '=', actor ?? ''))
      .orderBy('id', 'desc')
      .limit(limit + 1)
      .execute();
    const items = readable(rows.slice(0, limit), toEntry);
    return { items, next: rows.length > limit ? (rows[limit - 1]?.id ?? null) : null };
  }
}

/** Writes something down in a store that nobody else has open. One of an earlier version is left as it is. */
export async function noteInStore({ tables }: SqlDatabase, clock: Clock, news: AuditNews): Promise<void> {
  const { version } = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirstOrThrow();
  if (Number(version) !== MIGRATIONS.length) return;
  await tables
    .insertInto('audit')
    .values(newRow(news, clock.now(), 0))
    .execute();
}

/** @param nth - of those that this process writes in one millisecond */
function newRow({ by, action, project, target = null, detail = {} }: AuditNews, at: number, nth: number) {
  return {
    id: `${timeText(at)}${nth.toString(16).padStart(4, '0')}${randomBytes(4).toString('hex')}`,
    ...{ at, project, action, times: 1, detail: detailText(detail) },
    ...{ actor_kind: by.kind, actor_id: bounded(by.id), actor_name: bounded(by.name) },
    target: target === null ? null : bounded(target),
    from_address: by.address === null ? null : bounded(by.address),
  };
}

function toEntry(row: Selectable<Tables['audit']>): AuditEntry {
  return {
    ...{ id: text(row, 'id'), at: int(row, 'at'), project: row.project, action: text(row, 'action') },
    actor: { kind: text(row, 'actor_kind'), id: text(row, 'actor_id'), name: text(row, 'actor_name') },
    ...{ target: row.target, address: row.from_address, times: int(row, 'times') },
    detail: row.detail === null ? {} : (JSON.parse(row.detail) as AuditEntry['detail']),
  };
}

function timeText(at: number): string {
  return Math.max(0, at).toString(16).padStart(12, '0');
}

function bounded(given: string): string {
  return printable(given, MAX_TEXT);
}

/** As JSON; `null` for nothing. */
function detailText(detail: Exclude<AuditNews['detail'], undefined>): string | null {
  const shown = Object.entries(detail)
    .slice(0, MAX_DETAILS)
    .map(([name, value]) => [bounded(name), typeof value === 'string' ? bounded(value) : value]);
  return shown.length === 0 ? null : JSON.stringify(Object.fromEntries(shown));
}
