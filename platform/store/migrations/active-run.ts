import type { Migration } from './sql.js';

/** Version 7: an endpoint has one run at most that is not over, however many processes are asked for one. */
export const activeRun: Migration = async (sql) => {
  await sql.run(
    "CREATE UNIQUE INDEX runs_active ON runs (project, endpoint_id) WHERE state IN ('queued', 'running')",
  );
};
