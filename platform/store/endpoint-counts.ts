import type { Kysely } from 'kysely';
import type { Tables } from './schema.js';

/** The endpoints of a project that have this in common. */
export interface EndpointCount {
  project: string;
  isOnline: boolean;
  /** The colour of the newest report; `none`: there is no report. */
  level: string;
  /** Whether the button works while it is online. */
  canDialBack: boolean;
  count: number;
}

/** Counts all endpoints in one pass over the index `endpoints_by_kind`. */
export async function endpointCounts(tables: Kysely<Tables>): Promise<EndpointCount[]> {
  const rows = await tables
    .selectFrom('endpoints')
    .select(({ fn }) => ['project', 'is_online', 'level', 'can_dial_back', fn.countAll().as('count')])
    .groupBy(['project', 'is_online', 'level', 'can_dial_back'])
    .execute();
  return rows.map(({ project, is_online, level, can_dial_back, count }) => ({
    ...{ project, level: level ?? 'none', count: Number(count) },
    ...{ isOnline: Number(is_online) === 1, canDialBack: Number(can_dial_back) === 1 },
  }));
}
