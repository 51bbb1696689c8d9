import type { Migration } from './sql.js';

/** Versions 1 to 3: one operator, one process, one file. */
export const FIRST: readonly Migration[] = [
  (sql) =>
    sql.run(
      `CREATE TABLE settings (key ${sql.text} PRIMARY KEY, value ${sql.text} NOT NULL)`,
      `CREATE TABLE api_secrets (
         key_id ${sql.text} PRIMARY KEY, label ${sql.text} NOT NULL, created_at BIGINT NOT NULL, revoked_at BIGINT)`,
      `CREATE TABLE endpoints (
         id ${sql.text} PRIMARY KEY, name ${sql.text}, issuer ${sql.text} NOT NULL, expires_at BIGINT,
         first_seen_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL, address ${sql.text})`,
      'CREATE INDEX endpoints_by_issuer ON endpoints (issuer, last_seen_at)',
      `CREATE TABLE grants (
         endpoint_id ${sql.text} NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, caps ${sql.text} NOT NULL,
         token ${sql.text} NOT NULL, expires_at BIGINT, granted_at BIGINT NOT NULL, PRIMARY KEY (endpoint_id, caps))`,
      `CREATE TABLE reports (
         id ${sql.text} PRIMARY KEY, endpoint_id ${sql.text} NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE,
         source ${sql.text} NOT NULL, received_at BIGINT NOT NULL, duration_ms BIGINT, report ${sql.text} NOT NULL)`,
      'CREATE INDEX reports_by_endpoint ON reports (endpoint_id, id)',
      `CREATE TABLE metrics (
         endpoint_id ${sql.text} NOT NULL REFERENCES endpoints (id) ON DELETE CASCADE, session_id ${sql.text} NOT NULL,
         schema_json ${sql.text} NOT NULL, values_json ${sql.text} NOT NULL, updated_at BIGINT NOT NULL,
         PRIMARY KEY (endpoint_id, session_id))`,
    ),
  (sql) =>
    sql.run(
      `ALTER TABLE endpoints ADD COLUMN group_name ${sql.text}`,
      `ALTER TABLE endpoints ADD COLUMN attributes ${sql.text}`,
    ),
  (sql) =>
    sql.run(
      `ALTER TABLE reports ADD COLUMN facts ${sql.text}`,
      `ALTER TABLE metrics ADD COLUMN types ${sql.text}`,
    ),
];
