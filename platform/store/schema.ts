/**
 * The tables, one list of statements per version. A released list is never edited: a change is a new list.
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
  // `group` is a word of SQL's own. Attributes: a JSON object, NULL for none.
  ['ALTER TABLE endpoints ADD COLUMN group_name TEXT', 'ALTER TABLE endpoints ADD COLUMN attributes TEXT'],
  // What lists and pushes need of a document without reading it. NULL in rows of earlier versions: there it is read.
  ['ALTER TABLE reports ADD COLUMN facts TEXT', 'ALTER TABLE metrics ADD COLUMN types TEXT'],
];
