import type { ColumnType } from 'kysely';

/** PostgreSQL's driver hands out bigint as text: who reads a row converts. */
type BigInteger = ColumnType<number | string, number, number>;

/** The tables as the last of {@link MIGRATIONS} leaves them. A column that may be NULL may be left out of a new row. */
export interface Tables {
  schema_version: { version: BigInteger };
  settings: { key: string; value: string };
  api_secrets: { key_id: string; label: string; created_at: BigInteger; revoked_at: BigInteger | null };
  endpoints: {
    id: string;
    name: string | null;
    /** `group` is a word of SQL's own. */
    group_name: string | null;
    /** A JSON object; NULL for none. */
    attributes: string | null;
    issuer: string;
    expires_at: BigInteger | null;
    first_seen_at: BigInteger;
    last_seen_at: BigInteger;
    /** JSON. */
    address: string | null;
  };
  grants: {
    endpoint_id: string;
    /** Separated by spaces. */
    caps: string;
    /** Hex. */
    token: string;
    expires_at: BigInteger | null;
    granted_at: BigInteger;
  };
  reports: {
    id: string;
    endpoint_id: string;
    source: string;
    received_at: BigInteger;
    duration_ms: BigInteger | null;
    /** JSON. */
    report: string;
    /** JSON: what lists need of the report without reading it. NULL in rows of earlier versions: there it is read. */
    facts: string | null;
  };
  metrics: {
    endpoint_id: string;
    session_id: string;
    schema_json: string;
    values_json: string;
    updated_at: BigInteger;
    /** What pushes need of the schema without reading it. NULL in rows of earlier versions: there it is read. */
    types: string | null;
  };
}

/** Made before the first of {@link MIGRATIONS}: it holds the number of each that was done. */
export const VERSION_TABLE = 'CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)';

/**
 * How the tables came to be, one list of statements per version. A released list is never edited: a change is a new
 * list. They are text, since a new release of the query builder must not change what an old list does.
 *
 * The SQL here and in the store keeps to what SQLite and PostgreSQL both take: text, bigint, `ON CONFLICT`, no
 * auto-increment, no dialect's functions. Bytes are hex text, documents JSON text, booleans do not occur.
 */
export const MIGRATIONS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL)',
    `CREATE TABLE api_secrets (
       key_id TEXT PRIMARY KEY, label TEXT NOT NULL, created_at BIGINT NOT NULL, revoked_at BIGINT)`,
    `CREATE TABLE endpoints (
       id TEXT PRIMARY KEY, name TEXT, issuer TEXT NOT NULL, expires_at BIGINT,
       first_seen_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, address TEXT)`,
    'CREATE INDEX endpoints_by_issuer ON endpoints (issuer, last_seen_at)',
    `CREATE TABLE grants (
       endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, caps TEXT NOT NULL,
       token TEXT NOT NULL, expires_at BIGINT, granted_at BIGINT NOT NULL, PRIMARY KEY (endpoint_id, caps))`,
    `CREATE TABLE reports (
       id TEXT PRIMARY KEY, endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
       source TEXT NOT NULL, received_at BIGINT NOT NULL, duration_ms BIGINT, report TEXT NOT NULL)`,
    'CREATE INDEX reports_by_endpoint ON reports (endpoint_id, id)',
    `CREATE TABLE metrics (
       endpoint_id TEXT NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, session_id TEXT NOT NULL,
       schema_json TEXT NOT NULL, values_json TEXT NOT NULL, updated_at BIGINT NOT NULL,
       PRIMARY KEY (endpoint_id, session_id))`,
  ],
  ['ALTER TABLE endpoints ADD COLUMN group_name TEXT', 'ALTER TABLE endpoints ADD COLUMN attributes TEXT'],
  ['ALTER TABLE reports ADD COLUMN facts TEXT', 'ALTER TABLE metrics ADD COLUMN types TEXT'],
];
