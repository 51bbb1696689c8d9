import { activeRun } from './active-run.js';
import { doors } from './doors.js';
import { FIRST } from './first.js';
import { kinds } from './kinds.js';
import { people } from './people.js';
import { projects } from './projects.js';
import { runTrace } from './run-trace.js';
import { series } from './series.js';
import { sightings } from './sightings.js';
import type { Migration } from './sql.js';

export { type Migration, MigrationSql } from './sql.js';

/**
 * How the tables came to be, one step per version. A released step is never edited: a change is a new step. Their
 * statements are text, since a new release of the query builder must not change what an old step does.
 *
 * The SQL here and in the store keeps to what SQLite and PostgreSQL both take: text, whole numbers, `ON CONFLICT`, no
 * auto-increment. Bytes are hex text, documents JSON text, booleans 0 and 1.
 */
export const MIGRATIONS: readonly Migration[] = [
  ...FIRST,
  projects,
  series,
  kinds,
  activeRun,
  people,
  sightings,
  runTrace,
  doors,
];

/** Made before the first step: it holds the number of each that was done. */
export const VERSION_TABLE = 'CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)';

/** Since this version processes hold identities by leases in the tables. */
export const LEASES_SINCE = 4;
