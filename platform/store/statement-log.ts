import { notify } from 'iroh-net-diagnostics/services';
import type { Logger } from 'kysely';
import type { OnStatement } from './sql-database.js';

/** For the query builder, whose log tells of each statement. Without a listener nothing is measured. */
export function statementLog(onStatement: OnStatement | undefined): { log?: Logger } {
  if (onStatement === undefined) return {};
  return {
    log: ({ level, query, queryDurationMillis }) =>
      notify(onStatement, { sql: query.sql, durationMs: queryDurationMillis, isFailed: level === 'error' }),
  };
}
