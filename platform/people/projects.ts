import { DEFAULT_PROJECT, type ProjectId } from 'iroh-net-diagnostics/services';
import { holding } from '../store/dialect.js';
import { endpointId, int, text } from '../store/rows.js';
import type { Dialect } from '../store/sql-database.js';
import type { Caller } from './caller.js';
import type { PeopleDeps, Tables } from './deps.js';
import { PeopleError } from './errors.js';
import { label, projectId } from './names.js';

/** What endpoints, secrets and reports belong to, and what one is a member of. */
export interface Project {
  id: ProjectId;
  name: string;
  /** Unix milliseconds; 0: it was always there. */
  createdAt: number;
}

const MAX_PROJECTS = 1_000;

export class Projects {
  readonly #deps: PeopleDeps;

  constructor(deps: PeopleDeps) {
    this.#deps = deps;
  }

  /** By id. */
  async list(): Promise<Project[]> {
    const rows = await this.#deps.store.tables
      .selectFrom('projects')
      .select(['id', 'name', 'created_at'])
      .where('removed_at', 'is', null)
      .orderBy('id')
      .execute();
    return rows.map(toProject);
  }

  /** @returns `null`: there is none, or none any more */
  async get(id: ProjectId): Promise<Project | null> {
    const row = await this.#deps.store.tables
      .selectFrom('projects')
      .select(['id', 'name', 'created_at'])
      .where('id', '=', id)
      .where('removed_at', 'is', null)
      .executeTakeFirst();
    return row === undefined ? null : toProject(row);
  }

  async exists(id: ProjectId): Promise<boolean> {
    return (await this.get(id)) !== null;
  }

  /** @throws PeopleError `unknown` */
  async assertExists(id: ProjectId): Promise<void> {
    if (!(await this.exists(id))) throw unknownProject();
  }

  /** @throws PeopleError `invalid`, `taken`, `full` */
  async add(by: Caller, given: { id: string; name?: string | undefined }): Promise<Project> {
    const { store, clock, audit } = this.#deps;
    const id = projectId(given.id);
    const name = label("A project's name", given.name ?? id, 'name');
    const project = { id, name, created_at: clock.now() };
    await store.write(async (tables) => {
      const { count } = await tables
        .selectFrom('projects')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow();
      if (Number(count) >= MAX_PROJECTS)
        throw new PeopleError('full', `There are ${MAX_PROJECTS} projects already: remove some.`);
      const added = await tables
        .insertInto('projects')
        .values(project)
        .onConflict((conflict) => conflict.column('id').doNothing())
        .returning('id')
        .executeTakeFirst();
      if (added === undefined) throw await takenId(tables, id);
      await audit.entry({ by, action: 'project.added', project: id, target: id, detail: { name } })(tables);
    });
    return toProject(project);
  }

  /** @throws PeopleError `invalid`, `unknown` */
  async rename(by: Caller, id: ProjectId, given: string): Promise<Project> {
    const { store, audit } = this.#deps;
    const name = label("A project's name", given, 'name');
    return store.write(async (tables) => {
      const renamed = await tables
        .updateTable('projects')
        .set({ name })
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .returning(['id', 'name', 'created_at'])
        .executeTakeFirst();
      if (renamed === undefined) throw unknownProject();
      await audit.entry({ by, action: 'project.renamed', project: id, target: id, detail: { name } })(tables);
      return toProject(renamed);
    });
  }

  /**
   * Removes one with all that it has. At once its secrets and tokens are revoked, its sessions end, and nobody sees it any
   * more; what it has goes bit by bit with the sweeps that follow, and only then can its id be used again.
   * @throws PeopleError `unknown`, `forbidden` for the first one
   */
  async remove(by: Caller, id: ProjectId): Promise<void> {
    if (id === DEFAULT_PROJECT)
      throw new PeopleError(
        'forbidden',
        'This project cannot be removed: what belongs to no other is in it.',
      );
    const { store, feed, clock, audit } = this.#deps;
    const now = clock.now();
    const revoked = await store.write(async (tables) => {
      const removed = await tables
        .updateTable('projects')
        .set({ removed_at: now })
        .where('id', '=', id)
        .where('removed_at', 'is', null)
        .returning('name')
        .executeTakeFirst();
      if (removed === undefined) throw unknownProject();
      await tables.deleteFrom('members').where('project', '=', id).execute();
      await tables.deleteFrom('api_tokens').where('project', '=', id).execute();
      const secrets = await tables
        .updateTable('api_secrets')
        .set({ revoked_at: now })
        .where('project', '=', id)
        .where('revoked_at', 'is', null)
        .returning('key_id')
        .execute();
      await audit.entry({
        by,
        action: 'project.removed',
        project: null,
        target: id,
        detail: { name: removed.name },
      })(tables);
      return secrets.map((row) => endpointId(row, 'key_id'));
    });
    feed.publish({ what: 'access' });
    for (const keyId of revoked) feed.publish({ what: 'secrets', project: id, revoked: keyId });
  }
}

/** A project that stays until the transaction ends. @throws PeopleError `unknown` */
export async function liveProject(dialect: Dialect, tables: Tables, id: ProjectId): Promise<void> {
  const query = tables
    .selectFrom('projects')
    .select('id')
    .where('id', '=', id)
    .where('removed_at', 'is', null);
  if ((await holding(dialect, query).executeTakeFirst()) === undefined) throw unknownProject();
}

async function takenId(tables: Tables, id: ProjectId): Promise<PeopleError> {
  const row = await tables
    .selectFrom('projects')
    .select('removed_at')
    .where('id', '=', id)
    .executeTakeFirst();
  const why =
    row === undefined || row.removed_at === null
      ? 'There is a project with this id.'
      : 'A project with this id is still being removed: try again in some minutes.';
  return new PeopleError('taken', why, 'id');
}

function unknownProject(): PeopleError {
  return new PeopleError('unknown', 'There is no such project.');
}

function toProject(row: { id: string; name: string; created_at: number | string }): Project {
  return { id: text(row, 'id'), name: text(row, 'name'), createdAt: int(row, 'created_at') };
}
