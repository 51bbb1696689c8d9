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
import { CompiledQuery, type Kysely } from 'kysely';
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
import { MIGRATIONS, type Tables, VERSION_TABLE } from './schema.js';
import type { SqlDatabase } from './sql-database.js';

const SECRET_COLUMNS = ['key_id', 'label', 'created_at', 'revoked_at'] as const;
const HEAD_COLUMNS = ['id', 'endpoint_id', 'source', 'received_at', 'duration_ms'] as const;
const METRICS_COLUMNS = ['endpoint_id', 'session_id', 'schema_json', 'values_json', 'updated_at'] as const;
const GRANT_COLUMNS = ['endpoint_id', 'caps', 'token', 'expires_at', 'granted_at'] as const;
const ENDPOINT_COLUMNS = [
  'id',
  'name',
  'group_name',
  'attributes',
  'issuer',
  'expires_at',
  'first_seen_at',
  'last_seen_at',
  'address',
] as const;

/** The store on any {@link SqlDatabase}. */
export class SqlStore implements Store {
  readonly #database: SqlDatabase;
  readonly #tables: Kysely<Tables>;

  private constructor(database: SqlDatabase) {
    this.#database = database;
    this.#tables = database.tables;
  }

  /**
   * Brings the tables up to date.
   * @throws `ERR_STORE` when the store was written by a newer version
   */
  static async open(database: SqlDatabase): Promise<SqlStore> {
    try {
      await migrate(database.tables);
      return new SqlStore(database);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  async setting(key: string): Promise<string | null> {
    const row = await this.#tables
      .selectFrom('settings')
      .select('value')
      .where('key', '=', key)
      .executeTakeFirst();
    return row === undefined ? null : String(row.value);
  }

  async putSetting(key: string, value: string): Promise<void> {
    await this.#tables
      .insertInto('settings')
      .values({ key, value })
      .onConflict((conflict) =>
        conflict.column('key').doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
      )
      .execute();
  }

  async addApiSecret({ keyId, label, createdAt, revokedAt }: ApiSecretRecord): Promise<void> {
    await this.#tables
      .insertInto('api_secrets')
      .values({ key_id: keyId, label, created_at: createdAt, revoked_at: revokedAt })
      .execute();
  }

  async apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const row = await this.#tables
      .selectFrom('api_secrets')
      .select(SECRET_COLUMNS)
      .where('key_id', '=', keyId)
      .executeTakeFirst();
    return row === undefined ? null : toApiSecret(row);
  }

  async apiSecrets(): Promise<ApiSecretRecord[]> {
    const rows = await this.#tables
      .selectFrom('api_secrets')
      .select(SECRET_COLUMNS)
      .orderBy('created_at', 'desc')
      .orderBy('key_id')
      .execute();
    return rows.map(toApiSecret);
  }

  async revokeApiSecret(keyId: EndpointId, at: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#tables
      .updateTable('api_secrets')
      .set({ revoked_at: at })
      .where('key_id', '=', keyId)
      .where('revoked_at', 'is', null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async endpoint(id: EndpointId): Promise<EndpointRecord | null> {
    const row = await this.#tables
      .selectFrom('endpoints')
      .select(ENDPOINT_COLUMNS)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toEndpoint(row);
  }

  async endpoints(): Promise<EndpointRecord[]> {
    const rows = await this.#tables
      .selectFrom('endpoints')
      .select(ENDPOINT_COLUMNS)
      .orderBy('last_seen_at', 'desc')
      .orderBy('id')
      .execute();
    return readable(rows, toEndpoint);
  }

  async endpointsOf(issuer: EndpointId): Promise<EndpointId[]> {
    const rows = await this.#tables
      .selectFrom('endpoints')
      .select('id')
      .where('issuer', '=', issuer)
      .orderBy('last_seen_at')
      .orderBy('id')
      .execute();
    return rows.map((row) => endpointId(row, 'id'));
  }

  async authorise(id: EndpointId, { issuer, expiresAt }: Authorisation, at: number): Promise<void> {
    await this.#tables
      .insertInto('endpoints')
      .values({ id, issuer, expires_at: expiresAt, first_seen_at: at, last_seen_at: at })
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet(({ ref }) => ({
          issuer: ref('excluded.issuer'),
          expires_at: ref('excluded.expires_at'),
          last_seen_at: ref('excluded.last_seen_at'),
        })),
      )
      .execute();
  }

  async nameEndpoint(id: EndpointId, name: string): Promise<void> {
    await this.#tables.updateTable('endpoints').set({ name }).where('id', '=', id).execute();
  }

  async groupEndpoint(id: EndpointId, group: string): Promise<void> {
    await this.#tables.updateTable('endpoints').set({ group_name: group }).where('id', '=', id).execute();
  }

  async describeEndpoint(id: EndpointId, attributes: Attributes): Promise<void> {
    await this.#tables
      .updateTable('endpoints')
      .set({ attributes: JSON.stringify(attributes) })
      .where('id', '=', id)
      .execute();
  }

  async sawEndpoint(id: EndpointId, address: EndpointAddress | null, at: number): Promise<void> {
    await this.#tables
      .updateTable('endpoints')
      .set({ last_seen_at: at, ...(address === null ? {} : { address: JSON.stringify(address) }) })
      .where('id', '=', id)
      .execute();
  }

  async forgetEndpoint(id: EndpointId): Promise<void> {
    await this.#tables.deleteFrom('endpoints').where('id', '=', id).execute();
  }

  async putGrant({ endpointId, caps, token, expiresAt, grantedAt }: GrantRecord): Promise<void> {
    await this.#tables
      .insertInto('grants')
      .values({
        endpoint_id: endpointId,
        caps: caps.join(' '),
        token: Buffer.from(token).toString('hex'),
        expires_at: expiresAt,
        granted_at: grantedAt,
      })
      .onConflict((conflict) =>
        conflict.columns(['endpoint_id', 'caps']).doUpdateSet(({ ref }) => ({
          token: ref('excluded.token'),
          expires_at: ref('excluded.expires_at'),
          granted_at: ref('excluded.granted_at'),
        })),
      )
      .execute();
  }

  async grants(endpointId?: EndpointId): Promise<GrantRecord[]> {
    const all = this.#tables.selectFrom('grants').select(GRANT_COLUMNS).orderBy('granted_at', 'desc');
    const asked = endpointId === undefined ? all : all.where('endpoint_id', '=', endpointId);
    return readable(await asked.execute(), toGrant);
  }

  async addReport(record: ReportRecord, keep: number): Promise<void> {
    const { id, endpointId, source, receivedAt, durationMs, report } = record;
    await this.#tables.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('reports')
        .values({
          id,
          endpoint_id: endpointId,
          source,
          received_at: receivedAt,
          duration_ms: durationMs,
          report: JSON.stringify(report),
          facts: JSON.stringify(reportFacts(report)),
        })
        .execute();
      await transaction
        .deleteFrom('reports')
        .where('endpoint_id', '=', endpointId)
        .where('id', 'not in', ({ selectFrom }) =>
          selectFrom('reports')
            .select('id')
            .where('endpoint_id', '=', endpointId)
            .orderBy('id', 'desc')
            .limit(keep),
        )
        .execute();
    });
  }

  async report(id: string): Promise<ReportRecord | null> {
    const row = await this.#tables
      .selectFrom('reports')
      .select([...HEAD_COLUMNS, 'report'])
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toReport(row);
  }

  async reports(endpointId: EndpointId, limit: number): Promise<ReportRecord[]> {
    const rows = await this.#tables
      .selectFrom('reports')
      .select([...HEAD_COLUMNS, 'report'])
      .where('endpoint_id', '=', endpointId)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return readable(rows, toReport);
  }

  async reportSummaries(endpointId: EndpointId, limit: number): Promise<ReportSummary[]> {
    const rows = await this.#summaries()
      .where('endpoint_id', '=', endpointId)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return readable(rows, toReportSummary);
  }

  async latestReports(): Promise<ReportSummary[]> {
    const rows = await this.#summaries()
      .where('id', 'in', ({ selectFrom }) =>
        selectFrom('reports')
          .select(({ fn }) => fn.max('id').as('id'))
          .groupBy('endpoint_id'),
      )
      .execute();
    return readable(rows, toReportSummary);
  }

  async putMetrics(
    { endpointId, sessionId, schema, values, updatedAt }: MetricsRecord,
    keep: number,
  ): Promise<void> {
    await this.#tables.transaction().execute(async (transaction) => {
      await transaction
        .insertInto('metrics')
        .values({
          endpoint_id: endpointId,
          session_id: sessionId,
          schema_json: JSON.stringify(schema),
          values_json: formatMetricValues(values),
          updated_at: updatedAt,
          types: metricTypes(schema.items),
        })
        .onConflict((conflict) =>
          conflict.columns(['endpoint_id', 'session_id']).doUpdateSet(({ ref }) => ({
            schema_json: ref('excluded.schema_json'),
            values_json: ref('excluded.values_json'),
            updated_at: ref('excluded.updated_at'),
            types: ref('excluded.types'),
          })),
        )
        .execute();
      await transaction
        .deleteFrom('metrics')
        .where('endpoint_id', '=', endpointId)
        .where('session_id', 'not in', ({ selectFrom }) =>
          selectFrom('metrics')
            .select('session_id')
            .where('endpoint_id', '=', endpointId)
            .orderBy('updated_at', 'desc')
            .orderBy('session_id')
            .limit(keep),
        )
        .execute();
    });
  }

  async putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void> {
    await this.#tables
      .updateTable('metrics')
      .set({ values_json: formatMetricValues(metrics.values), updated_at: metrics.updatedAt })
      .where('endpoint_id', '=', metrics.endpointId)
      .where('session_id', '=', metrics.sessionId)
      .execute();
  }

  async metricTypes(endpointId: EndpointId, sessionId: string): Promise<string | null> {
    const row = await this.#tables
      .selectFrom('metrics')
      .select([
        'types',
        (column) =>
          column.case().when('types', 'is', null).then(column.ref('schema_json')).end().as('schema_json'),
      ])
      .where('endpoint_id', '=', endpointId)
      .where('session_id', '=', sessionId)
      .executeTakeFirst();
    return row === undefined ? null : toMetricTypes(row);
  }

  async metricsSessions(endpointId: EndpointId): Promise<MetricsRecord[]> {
    const rows = await this.#tables
      .selectFrom('metrics')
      .select(METRICS_COLUMNS)
      .where('endpoint_id', '=', endpointId)
      .orderBy('updated_at', 'desc')
      .orderBy('session_id')
      .execute();
    return readable(rows, toMetrics);
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** The report itself only where nothing of it is kept beside it. */
  #summaries() {
    return this.#tables
      .selectFrom('reports')
      .select([
        ...HEAD_COLUMNS,
        'facts',
        (column) => column.case().when('facts', 'is', null).then(column.ref('report')).end().as('report'),
      ]);
  }
}

/** A list without the rows that cannot be read: a damaged one must not hide the others. Asked for by its id it says so. */
function readable<Row, T>(rows: readonly Row[], read: (row: Row) => T): T[] {
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch {
      return [];
    }
  });
}

async function migrate(tables: Kysely<Tables>): Promise<void> {
  await tables.executeQuery(CompiledQuery.raw(VERSION_TABLE));
  const row = await tables
    .selectFrom('schema_version')
    .select(({ fn }) => fn.max('version').as('version'))
    .executeTakeFirst();
  const present = Number(row?.version ?? 0);
  if (present > MIGRATIONS.length) {
    throw new NetDiagnosticsError(
      'ERR_STORE',
      `The store has schema version ${present}, this program knows ${MIGRATIONS.length}: run the newer version again.`,
    );
  }
  for (const [index, statements] of MIGRATIONS.entries()) {
    if (index < present) continue;
    await tables.transaction().execute(async (transaction) => {
      for (const statement of statements) await transaction.executeQuery(CompiledQuery.raw(statement));
      await transaction
        .insertInto('schema_version')
        .values({ version: index + 1 })
        .execute();
    });
  }
}
