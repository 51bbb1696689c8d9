import { type Kysely, sql } from 'kysely';
import { forgetSome } from './drop.js';
import type { Tables } from './schema.js';

const AT_ONCE = 500;

/**
 * Removes a part of what a removed project has, and the project itself when nothing else is left of it. What the audit log
 * says of it stays, under a name that no project can have: a new one with its id shall not show what was done in the old one.
 * @returns whether there is more
 */
export async function dropSomeOfProject(tables: Kysely<Tables>, project: string): Promise<boolean> {
  const endpoint = await tables
    .selectFrom('endpoints')
    .select('id')
    .where('project', '=', project)
    .limit(1)
    .executeTakeFirst();
  if (endpoint !== undefined) {
    await forgetSome(tables, { project, id: endpoint.id });
    return true;
  }
  const entries = await tables
    .updateTable('audit')
    .set({ project: sql`'~' || project` })
    .where('id', 'in', (eb) =>
      eb.selectFrom('audit').select('id').where('project', '=', project).orderBy('id').limit(AT_ONCE),
    )
    .executeTakeFirst();
  if (entries.numUpdatedRows > 0n) return true;
  // Each endpoint had one schema at most that nobody else had, and they went with it: there are a few.
  await tables.deleteFrom('metric_schemas').where('project', '=', project).execute();
  await tables.deleteFrom('api_secrets').where('project', '=', project).execute();
  await tables.deleteFrom('projects').where('id', '=', project).where('removed_at', 'is not', null).execute();
  return false;
}
