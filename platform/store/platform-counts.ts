import { type Kysely, sql } from 'kysely';
import type { Tables } from './schema.js';

/** How the identities and the queue of runs of all processes together are. */
export interface PlatformCounts {
  identities: number;
  /** Those that a process holds, which may have died within the last seconds. */
  held: number;
  /** Runs that were asked for and that nobody has begun. */
  queuedRuns: number;
}

export async function platformCounts(tables: Kysely<Tables>): Promise<PlatformCounts> {
  const [identities, runs] = await Promise.all([
    tables
      .selectFrom('identities')
      .select(({ fn }) => [fn.countAll().as('count'), fn.count('holder').as('held')])
      .executeTakeFirst(),
    tables
      .selectFrom('runs')
      .select(({ fn }) => fn.countAll().as('count'))
      // As the index `runs_active` says it.
      .where('state', 'in', ['queued', 'running'])
      .where('state', '=', 'queued')
      .executeTakeFirst(),
  ]);
  return {
    identities: Number(identities?.count ?? 0),
    held: Number(identities?.held ?? 0),
    queuedRuns: Number(runs?.count ?? 0),
  };
}

/** The simplest question. */
export async function ping(tables: Kysely<Tables>): Promise<void> {
  await sql`SELECT 1`.execute(tables);
}
