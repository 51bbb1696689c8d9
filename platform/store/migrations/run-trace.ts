import type { Migration } from './sql.js';

/** Version 10: who carries a run out goes on in the trace of who asked for it. */
export const runTrace: Migration = async (sql) => {
  await sql.run(`ALTER TABLE runs ADD COLUMN trace ${sql.text}`);
};
