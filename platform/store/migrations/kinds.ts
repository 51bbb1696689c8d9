import type { Migration } from './sql.js';

/** Version 6: how many endpoints of each kind there are is read from an index alone. */
export const kinds: Migration = (sql) =>
  sql.run(
    `CREATE INDEX endpoints_by_kind ON endpoints
       (project, is_online, level, nat_type, iroh_version, group_name, can_dial_back, grant_expires_at)`,
  );
