import {
  type ApiSecretRecord,
  type Attributes,
  type Authorisation,
  type EndpointAddress,
  type EndpointId,
  type EndpointRecord,
  type GrantRecord,
  type MetricsRecord,
  metricTypes,
  NetDiagnosticsError,
  type ReportRecord,
  type ReportSummary,
  reportFacts,
  type Store,
} from 'iroh-net-diagnostics/services';
import {
  endpointId,
  formatMetricValues,
  toApiSecret,
  toEndpoint,
  toGrant,
  toMetrics,
  toMetricTypes,
  toReport,
  toReportSummary,
} from './rows.js';
import { MIGRATIONS } from './schema.js';
import type { SqlDriver, SqlRow } from './sql-driver.js';

const REPORT_COLUMNS = 'id, endpoint_id, source, received_at, duration_ms, report';
const SUMMARY_COLUMNS =
  'id, endpoint_id, source, received_at, duration_ms, facts, CASE WHEN facts IS NULL THEN report END AS report';
const METRICS_COLUMNS = 'endpoint_id, session_id, schema_json, values_json, updated_at';
const GRANT_COLUMNS = 'endpoint_id, caps, token, expires_at, granted_at';
const ENDPOINT_COLUMNS =
  'id, name, group_name, attributes, issuer, expires_at, first_seen_at, last_seen_at, address';

/** The store on any SQL database that has a {@link SqlDriver}. */
export class SqlStore implements Store {
  readonly #db: SqlDriver;

  private constructor(db: SqlDriver) {
    this.#db = db;
  }

  /**
   * Brings the tables up to date.
   * @throws `ERR_STORE` when the store was written by a newer version
   */
  static async open(db: SqlDriver): Promise<SqlStore> {
    try {
      await migrate(db);
      return new SqlStore(db);
    } catch (error) {
      await db.close();
      throw error;
    }
  }

  async setting(key: string): Promise<string | null> {
    const [row] = await this.#db.all('SELECT value FROM settings WHERE key = ?', key);
    return row === undefined ? null : String(row.value);
  }

  async putSetting(key: string, value: string): Promise<void> {
    await this.#db.run(
      'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
      key,
      value,
    );
  }

  async addApiSecret({ keyId, label, createdAt, revokedAt }: ApiSecretRecord): Promise<void> {
    await this.#db.run(
      'INSERT INTO api_secrets (key_id, label, created_at, revoked_at) VALUES (?, ?, ?, ?)',
      keyId,
      label,
      createdAt,
      revokedAt,
    );
  }

  async apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const [row] = await this.#db.all(
      'SELECT key_id, label, created_at, revoked_at FROM api_secrets WHERE key_id = ?',
      keyId,
    );
    return row === undefined ? null : toApiSecret(row);
  }

  async apiSecrets(): Promise<ApiSecretRecord[]> {
    const rows = await this.#db.all(
      'SELECT key_id, label, created_at, revoked_at FROM api_secrets ORDER BY created_at DESC, key_id',
    );
    return rows.map(toApiSecret);
  }

  async revokeApiSecret(keyId: EndpointId, at: number): Promise<boolean> {
    const sql = 'UPDATE api_secrets SET revoked_at = ? WHERE key_id = ? AND revoked_at IS NULL';
    return (await this.#db.run(sql, at, keyId)) > 0;
  }

  async endpoint(id: EndpointId): Promise<EndpointRecord | null> {
    const [row] = await this.#db.all(`SELECT ${ENDPOINT_COLUMNS} FROM endpoints WHERE id = ?`, id);
    return row === undefined ? null : toEndpoint(row);
  }

  async endpoints(): Promise<EndpointRecord[]> {
    const rows = await this.#db.all(
      `SELECT ${ENDPOINT_COLUMNS} FROM endpoints ORDER BY last_seen_at DESC, id`,
    );
    return readable(rows, toEndpoint);
  }

  async endpointsOf(issuer: EndpointId): Promise<EndpointId[]> {
    const rows = await this.#db.all(
      'SELECT id FROM endpoints WHERE issuer = ? ORDER BY last_seen_at, id',
      issuer,
    );
    return rows.map((row) => endpointId(row, 'id'));
  }

  async authorise(id: EndpointId, { issuer, expiresAt }: Authorisation, at: number): Promise<void> {
    await this.#db.run(
      `INSERT INTO endpoints (id, issuer, expires_at, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET issuer = excluded.issuer, expires_at = excluded.expires_at,
         last_seen_at = excluded.last_seen_at`,
      id,
      issuer,
      expiresAt,
      at,
      at,
    );
  }

  async nameEndpoint(id: EndpointId, name: string): Promise<void> {
    await this.#db.run('UPDATE endpoints SET name = ? WHERE id = ?', name, id);
  }

  async groupEndpoint(id: EndpointId, group: string): Promise<void> {
    await this.#db.run('UPDATE endpoints SET group_name = ? WHERE id = ?', group, id);
  }

  async describeEndpoint(id: EndpointId, attributes: Attributes): Promise<void> {
    await this.#db.run('UPDATE endpoints SET attributes = ? WHERE id = ?', JSON.stringify(attributes), id);
  }

  async sawEndpoint(id: EndpointId, address: EndpointAddress | null, at: number): Promise<void> {
    await this.#db.run(
      'UPDATE endpoints SET last_seen_at = ?, address = COALESCE(?, address) WHERE id = ?',
      at,
      address === null ? null : JSON.stringify(address),
      id,
    );
  }

  async forgetEndpoint(id: EndpointId): Promise<void> {
    await this.#db.run('DELETE FROM endpoints WHERE id = ?', id);
  }

  async putGrant({ endpointId, caps, token, expiresAt, grantedAt }: GrantRecord): Promise<void> {
    await this.#db.run(
      `INSERT INTO grants (${GRANT_COLUMNS}) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (endpoint_id, caps) DO UPDATE SET token = excluded.token, expires_at = excluded.expires_at,
         granted_at = excluded.granted_at`,
      endpointId,
      caps.join(' '),
      Buffer.from(token).toString('hex'),
      expiresAt,
      grantedAt,
    );
  }

  async grants(endpointId?: EndpointId): Promise<GrantRecord[]> {
    const select = `SELECT ${GRANT_COLUMNS} FROM grants`;
    const rows =
      endpointId === undefined
        ? await this.#db.all(`${select} ORDER BY granted_at DESC`)
        : await this.#db.all(`${select} WHERE endpoint_id = ? ORDER BY granted_at DESC`, endpointId);
    return readable(rows, toGrant);
  }

  async addReport(record: ReportRecord, keep: number): Promise<void> {
    const { id, endpointId, source, receivedAt, durationMs, report } = record;
    await this.#db.batch([
      [
        `INSERT INTO reports (${REPORT_COLUMNS}, facts) VALUES (?, ?, ?, ?, ?, ?, ?)`,
        id,
        endpointId,
        source,
        receivedAt,
        durationMs,
        JSON.stringify(report),
        JSON.stringify(reportFacts(report)),
      ],
      [
        `DELETE FROM reports WHERE endpoint_id = ? AND id NOT IN
           (SELECT id FROM reports WHERE endpoint_id = ? ORDER BY id DESC LIMIT ?)`,
        endpointId,
        endpointId,
        keep,
      ],
    ]);
  }

  async report(id: string): Promise<ReportRecord | null> {
    const [row] = await this.#db.all(`SELECT ${REPORT_COLUMNS} FROM reports WHERE id = ?`, id);
    return row === undefined ? null : toReport(row);
  }

  async reports(endpointId: EndpointId, limit: number): Promise<ReportRecord[]> {
    const rows = await this.#db.all(
      `SELECT ${REPORT_COLUMNS} FROM reports WHERE endpoint_id = ? ORDER BY id DESC LIMIT ?`,
      endpointId,
      limit,
    );
    return readable(rows, toReport);
  }

  async reportSummaries(endpointId: EndpointId, limit: number): Promise<ReportSummary[]> {
    const rows = await this.#db.all(
      `SELECT ${SUMMARY_COLUMNS} FROM reports WHERE endpoint_id = ? ORDER BY id DESC LIMIT ?`,
      endpointId,
      limit,
    );
    return readable(rows, toReportSummary);
  }

  async latestReports(): Promise<ReportSummary[]> {
    const rows = await this.#db.all(
      `SELECT ${SUMMARY_COLUMNS} FROM reports WHERE id IN (SELECT MAX(id) FROM reports GROUP BY endpoint_id)`,
    );
    return readable(rows, toReportSummary);
  }

  async putMetrics(
    { endpointId, sessionId, schema, values, updatedAt }: MetricsRecord,
    keep: number,
  ): Promise<void> {
    await this.#db.batch([
      [
        `INSERT INTO metrics (${METRICS_COLUMNS}, types) VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT (endpoint_id, session_id) DO UPDATE SET schema_json = excluded.schema_json,
           values_json = excluded.values_json, updated_at = excluded.updated_at, types = excluded.types`,
        endpointId,
        sessionId,
        JSON.stringify(schema),
        formatMetricValues(values),
        updatedAt,
        metricTypes(schema.items),
      ],
      [
        `DELETE FROM metrics WHERE endpoint_id = ? AND session_id NOT IN
           (SELECT session_id FROM metrics WHERE endpoint_id = ? ORDER BY updated_at DESC, session_id LIMIT ?)`,
        endpointId,
        endpointId,
        keep,
      ],
    ]);
  }

  async putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void> {
    await this.#db.run(
      'UPDATE metrics SET values_json = ?, updated_at = ? WHERE endpoint_id = ? AND session_id = ?',
      formatMetricValues(metrics.values),
      metrics.updatedAt,
      metrics.endpointId,
      metrics.sessionId,
    );
  }

  async metricTypes(endpointId: EndpointId, sessionId: string): Promise<string | null> {
    const [row] = await this.#db.all(
      `SELECT types, CASE WHEN types IS NULL THEN schema_json END AS schema_json FROM metrics
       WHERE endpoint_id = ? AND session_id = ?`,
      endpointId,
      sessionId,
    );
    return row === undefined ? null : toMetricTypes(row);
  }

  async metricsSessions(endpointId: EndpointId): Promise<MetricsRecord[]> {
    const rows = await this.#db.all(
      `SELECT ${METRICS_COLUMNS} FROM metrics WHERE endpoint_id = ? ORDER BY updated_at DESC, session_id`,
      endpointId,
    );
    return readable(rows, toMetrics);
  }

  close(): Promise<void> {
    return this.#db.close();
  }
}

/** A list without the rows that cannot be read: a damaged one must not hide the others. Asked for by its id it says so. */
function readable<T>(rows: readonly SqlRow[], read: (row: SqlRow) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch {
      return [];
    }
  });
}

async function migrate(db: SqlDriver): Promise<void> {
  await db.run('CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)');
  const [row] = await db.all('SELECT MAX(version) AS version FROM schema_version');
  const present = Number(row?.version ?? 0);
  if (present > MIGRATIONS.length) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The store has schema version ${present}, this program knows ${MIGRATIONS.length}: run the newer version again.`,
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < present) continue;
    const record = ['INSERT INTO schema_version (version) VALUES (?)', index + 1] as const;
    await db.batch([...statements.map((sql) => [sql] as const), record]);
  }
}
