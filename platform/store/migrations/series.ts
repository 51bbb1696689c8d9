import type { Migration } from './sql.js';

/**
 * Version 5: points of metrics belong to a series, that is one session with one schema. A point of iroh's metrics has 50
 * bytes; the names of endpoint, session and schema beside each were five times that.
 */
export const series: Migration = async (sql) => {
  const { text, clustered } = sql;
  await sql.run(
    'DROP TABLE metric_points',
    `CREATE TABLE metric_series (
       id BIGINT PRIMARY KEY, project ${text} NOT NULL, endpoint_id ${text} NOT NULL, session_id ${text} NOT NULL,
       schema_hash ${text} NOT NULL, began_at BIGINT NOT NULL, rolled_at BIGINT NOT NULL, due_at BIGINT NOT NULL,
       points BIGINT NOT NULL, bytes BIGINT NOT NULL,
       FOREIGN KEY (project, endpoint_id) REFERENCES endpoints (project, id) ON DELETE CASCADE,
       FOREIGN KEY (project, schema_hash) REFERENCES metric_schemas (project, hash))`,
    `CREATE TABLE metric_points (
       series BIGINT NOT NULL REFERENCES metric_series (id) ON DELETE CASCADE, tier SMALLINT NOT NULL,
       at BIGINT NOT NULL, samples BIGINT NOT NULL, point ${text} NOT NULL,
       PRIMARY KEY (series, tier, at)) ${clustered}`,
    'CREATE INDEX metric_series_by_endpoint ON metric_series (project, endpoint_id, began_at)',
    'CREATE INDEX metric_series_by_schema ON metric_series (project, schema_hash)',
    'CREATE INDEX metric_series_by_due ON metric_series (due_at)',
    'ALTER TABLE endpoints ADD COLUMN point_count BIGINT NOT NULL DEFAULT 0',
    'ALTER TABLE endpoints ADD COLUMN point_bytes BIGINT NOT NULL DEFAULT 0',
    'CREATE INDEX runs_by_time ON runs (requested_at)',
  );
};
