import {
  type ApiSecretRecord,
  type ApiSecretStore,
  type Attributes,
  type Authorisation,
  type EndpointAddress,
  type EndpointId,
  type EndpointPage,
  type EndpointQuery,
  type EndpointRecord,
  type EndpointRef,
  type GrantRecord,
  type HistoryPage,
  type MetricsRecord,
  NetDiagnosticsError,
  nameKey,
  type ProjectId,
  type ReportRecord,
  type ReportSummary,
  type Store,
} from 'iroh-net-diagnostics/services';
import type { Kysely } from 'kysely';
import { holding } from './dialect.js';
import { forgetSome } from './drop.js';
import { ENDPOINT_COLUMNS, endpointPage } from './endpoint-list.js';
import {
  changeEndpoint,
  type EndpointChange,
  writeAttributes,
  writeAuthorisation,
  writeOffline,
  writeOnline,
} from './endpoint-writes.js';
import { writeGrant } from './grant-writes.js';
import { MetricPoints } from './metric-points.js';
import { writeMetricsSession, writeMetricValues } from './metric-writes.js';
import { migrate } from './migrate.js';
import { readable } from './readable.js';
import { writeReport } from './report-writes.js';
import {
  endpointId,
  FACT_COLUMNS,
  SIGHTING_COLUMNS,
  text,
  toApiSecret,
  toEndpoint,
  toGrant,
  toMetrics,
  toReport,
  toReportSummary,
} from './rows.js';
import type { Tables } from './schema.js';
import type { Dialect, SqlDatabase } from './sql-database.js';
import { newWriteFigures, type Write, type WriteFigures, WriteQueue } from './write-queue.js';

const SECRET_COLUMNS = ['project', 'key_id', 'identity', 'label', 'created_at', 'revoked_at'] as const;
const HEAD_COLUMNS = [
  ...(['project', 'id', 'endpoint_id', 'source', 'received_at', 'duration_ms'] as const),
  ...SIGHTING_COLUMNS,
] as const;
const GRANT_COLUMNS = [
  'project',
  'endpoint_id',
  'identity',
  'caps',
  'token',
  'expires_at',
  'granted_at',
] as const;

/** The store on any {@link SqlDatabase}. */
export class SqlStore implements Store {
  readonly #database: SqlDatabase;
  readonly #tables: Kysely<Tables>;
  readonly #writes: WriteQueue;
  readonly #points: MetricPoints;
  /** Of its own queue, and of those of all that are {@link fenced}. */
  readonly writeFigures: WriteFigures;

  private constructor(database: SqlDatabase, points: MetricPoints, figures: WriteFigures, fence?: Write) {
    this.#database = database;
    this.#tables = database.tables;
    this.#writes = new WriteQueue(database, fence, figures);
    this.#points = points;
    this.writeFigures = figures;
  }

  /**
   * Brings the tables up to date.
   * @param tell - gets sentences for the operator: how the database is reached, what was done to data that were there
   * @throws `ERR_STORE` when the store was written by a newer version
   */
  static async open(database: SqlDatabase, tell?: (message: string) => void): Promise<SqlStore> {
    try {
      if (database.remark !== null) tell?.(database.remark);
      await migrate(database, tell);
      return new SqlStore(database, new MetricPoints(), newWriteFigures());
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  get dialect(): Dialect {
    return this.#database.dialect;
  }

  /** For what works beside the store. */
  get database(): SqlDatabase {
    return this.#database;
  }

  /** For what the platform keeps besides. */
  get tables(): Kysely<Tables> {
    return this.#tables;
  }

  /** The same store for somebody who may write only as long as the fence lets him. Closing either closes both. */
  fenced(fence: Write): SqlStore {
    return new SqlStore(this.#database, this.#points, this.writeFigures, fence);
  }

  /** Writes something besides what {@link Store} has, in turn with everything else. */
  write<T>(write: Write<T>): Promise<T> {
    return this.#writes.run(write);
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
    await this.#writes.run((tables) =>
      tables
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) =>
          conflict.column('key').doUpdateSet(({ ref }) => ({ value: ref('excluded.value') })),
        )
        .execute(),
    );
  }

  /** @param also - written in the same transaction */
  async addApiSecret(secret: ApiSecretRecord, also?: Write): Promise<void> {
    const { project, keyId, identity, label, createdAt, revokedAt } = secret;
    await this.#writes.run(async (tables) => {
      // Who removes the project waits, and then revokes this one, too.
      const query = tables.selectFrom('projects').select('id').where('id', '=', project);
      const live = await holding(this.dialect, query.where('removed_at', 'is', null)).executeTakeFirst();
      if (live === undefined) throw new NetDiagnosticsError('ERR_STATE', 'There is no such project.');
      await tables
        .insertInto('api_secrets')
        .values({ project, key_id: keyId, identity, label, created_at: createdAt, revoked_at: revokedAt })
        .execute();
      await also?.(tables);
    });
  }

  async apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const row = await this.#tables
      .selectFrom('api_secrets')
      .select(SECRET_COLUMNS)
      .where('key_id', '=', keyId)
      .executeTakeFirst();
    return row === undefined ? null : toApiSecret(row);
  }

  async apiSecrets(project: ProjectId): Promise<ApiSecretRecord[]> {
    const rows = await this.#tables
      .selectFrom('api_secrets')
      .select(SECRET_COLUMNS)
      .where('project', '=', project)
      .orderBy('created_at', 'desc')
      .orderBy('key_id')
      .execute();
    return rows.map(toApiSecret);
  }

  /** Of all secrets that were revoked, in whichever project. */
  async revokedKeys(): Promise<EndpointId[]> {
    const rows = await this.#tables
      .selectFrom('api_secrets')
      .select('key_id')
      .where('revoked_at', 'is not', null)
      .execute();
    return rows.map((row) => endpointId(row, 'key_id'));
  }

  /** @param also - written in the same transaction when it is revoked */
  revokeApiSecret(project: ProjectId, keyId: EndpointId, at: number, also?: Write): Promise<boolean> {
    return this.#writes.run(async (tables) => {
      const { numUpdatedRows } = await tables
        .updateTable('api_secrets')
        .set({ revoked_at: at })
        .where('project', '=', project)
        .where('key_id', '=', keyId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await also?.(tables);
      return true;
    });
  }

  /** Its API secrets, each written together with what is noted of it. */
  secretsWith(note: (keyId: EndpointId) => Write): ApiSecretStore {
    return {
      apiSecret: (keyId) => this.apiSecret(keyId),
      apiSecrets: (project) => this.apiSecrets(project),
      addApiSecret: (secret) => this.addApiSecret(secret, note(secret.keyId)),
      revokeApiSecret: (project, keyId, at) => this.revokeApiSecret(project, keyId, at, note(keyId)),
    };
  }

  async endpoint({ project, id }: EndpointRef): Promise<EndpointRecord | null> {
    const row = await this.#tables
      .selectFrom('endpoints')
      .select(ENDPOINT_COLUMNS)
      .where('project', '=', project)
      .where('id', '=', id)
      .executeTakeFirst();
    return row === undefined ? null : toEndpoint(row);
  }

  endpoints(query: EndpointQuery, nowSeconds: number): Promise<EndpointPage> {
    return endpointPage(this.#tables, query, nowSeconds);
  }

  async lastAuthorisation(id: EndpointId): Promise<(Authorisation & { project: ProjectId }) | null> {
    const row = await this.#tables
      .selectFrom('endpoints')
      .select(['project', 'issuer', 'expires_at'])
      .where('id', '=', id)
      .orderBy('last_seen_at', 'desc')
      .orderBy('project')
      .limit(1)
      .executeTakeFirst();
    if (row === undefined) return null;
    const expiresAt = row.expires_at === null ? null : Number(row.expires_at);
    return { project: text(row, 'project'), issuer: endpointId(row, 'issuer'), expiresAt };
  }

  async countEndpoints(issuer: EndpointId): Promise<number> {
    const { count } = await this.#tables
      .selectFrom('endpoints')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('issuer', '=', issuer)
      .executeTakeFirstOrThrow();
    return Number(count);
  }

  async oldestOffline(issuer: EndpointId): Promise<EndpointId | null> {
    const row = await this.#tables
      .selectFrom('endpoints')
      .select('id')
      .where('issuer', '=', issuer)
      .where('is_online', '=', 0)
      .orderBy('last_seen_at')
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    return row === undefined ? null : endpointId(row, 'id');
  }

  authorise(ref: EndpointRef, by: Authorisation, identity: EndpointId, at: number): Promise<void> {
    return this.#writes.run((tables) => writeAuthorisation(tables, ref, by, identity, at));
  }

  nameEndpoint(ref: EndpointRef, name: string): Promise<void> {
    return this.#change(ref, { name, name_key: nameKey(name) });
  }

  groupEndpoint(ref: EndpointRef, group: string): Promise<void> {
    return this.#change(ref, { group_name: group });
  }

  describeEndpoint(ref: EndpointRef, attributes: Attributes): Promise<void> {
    return this.#writes.run((tables) => writeAttributes(tables, ref, attributes));
  }

  sessionOpened(
    ref: EndpointRef,
    identity: EndpointId,
    address: EndpointAddress | null,
    at: number,
  ): Promise<void> {
    return this.#writes.run((tables) => writeOnline(tables, ref, identity, address, at));
  }

  sessionClosed(ref: EndpointRef, identity: EndpointId, at: number): Promise<void> {
    return this.#writes.run((tables) => writeOffline(tables, ref, identity, at));
  }

  movedTo(ref: EndpointRef, address: EndpointAddress): Promise<void> {
    return this.#change(ref, { address: JSON.stringify(address) });
  }

  identityShared(ref: EndpointRef, at: number): Promise<void> {
    return this.#change(ref, { shared_identity_at: at });
  }

  async #change(ref: EndpointRef, change: EndpointChange): Promise<void> {
    await this.#writes.run((tables) => changeEndpoint(tables, ref, change));
  }

  /** In several transactions, since it may have much: until the last one it is there, with less and less. */
  async forgetEndpoint(ref: EndpointRef): Promise<void> {
    while ((await this.#writes.run((tables) => forgetSome(tables, ref))) === 'in part');
  }

  putGrant(grant: GrantRecord): Promise<void> {
    return this.#writes.run((tables) => writeGrant(tables, grant));
  }

  async grants({ project, id }: EndpointRef, identity: EndpointId): Promise<GrantRecord[]> {
    const rows = await this.#tables
      .selectFrom('grants')
      .select(GRANT_COLUMNS)
      .where('project', '=', project)
      .where('endpoint_id', '=', id)
      .where('identity', '=', identity)
      .orderBy('granted_at', 'desc')
      .execute();
    return readable(rows, toGrant);
  }

  addReport(report: ReportRecord, keep: number): Promise<void> {
    return this.#writes.run((tables) => writeReport(tables, report, keep));
  }

  async report(project: ProjectId, id: string): Promise<ReportRecord | null> {
    const row = await this.#tables
      .selectFrom('reports')
      .select([...HEAD_COLUMNS, 'report'])
      .where('id', '=', id)
      .where('project', '=', project)
      .executeTakeFirst();
    return row === undefined ? null : toReport(row);
  }

  async reports(ref: EndpointRef, page: HistoryPage): Promise<ReportRecord[]> {
    const rows = await this.#history(ref, page)
      .select([...HEAD_COLUMNS, 'report'])
      .execute();
    return readable(rows, toReport);
  }

  async reportSummaries(ref: EndpointRef, page: HistoryPage): Promise<ReportSummary[]> {
    const rows = await this.#history(ref, page)
      .select([...HEAD_COLUMNS, ...FACT_COLUMNS])
      .execute();
    return readable(rows, toReportSummary);
  }

  #history({ project, id }: EndpointRef, { limit, before }: HistoryPage) {
    return this.#tables
      .selectFrom('reports')
      .where('project', '=', project)
      .where('endpoint_id', '=', id)
      .$if(before !== undefined, (older) => older.where('id', '<', before ?? ''))
      .orderBy('id', 'desc')
      .limit(limit);
  }

  putMetrics(metrics: MetricsRecord, keep: number): Promise<void> {
    return this.#writes.run((tables) => writeMetricsSession(tables, this.#points, metrics, keep));
  }

  putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void> {
    return this.#writes.run((tables) => writeMetricValues(tables, this.#points, metrics));
  }

  async metricTypes({ project, id }: EndpointRef, sessionId: string): Promise<string | null> {
    const row = await this.#tables
      .selectFrom('metrics')
      .innerJoin('metric_schemas', (join) =>
        join
          .onRef('metric_schemas.project', '=', 'metrics.project')
          .onRef('metric_schemas.hash', '=', 'metrics.schema_hash'),
      )
      .select('metric_schemas.types')
      .where('metrics.project', '=', project)
      .where('metrics.endpoint_id', '=', id)
      .where('metrics.session_id', '=', sessionId)
      .executeTakeFirst();
    return row === undefined ? null : text(row, 'types');
  }

  async metricsSessions({ project, id }: EndpointRef): Promise<MetricsRecord[]> {
    const rows = await this.#tables
      .selectFrom('metrics')
      .innerJoin('metric_schemas', (join) =>
        join
          .onRef('metric_schemas.project', '=', 'metrics.project')
          .onRef('metric_schemas.hash', '=', 'metrics.schema_hash'),
      )
      .select([
        'metrics.project',
        'metrics.endpoint_id',
        'metrics.session_id',
        'metrics.values_json',
        'metrics.updated_at',
        'metric_schemas.schema_json',
      ])
      .where('metrics.project', '=', project)
      .where('metrics.endpoint_id', '=', id)
      .orderBy('metrics.updated_at', 'desc')
      .orderBy('metrics.session_id')
      .execute();
    return readable(rows, toMetrics);
  }

  /** Gives what an earlier version kept to the one identity that there was. */
  async adoptIdentity(identity: EndpointId): Promise<void> {
    await this.#writes.run(async (tables) => {
      for (const table of ['api_secrets', 'endpoints', 'grants'] as const)
        await tables.updateTable(table).set({ identity }).where('identity', '=', '').execute();
    });
  }

  async close(): Promise<void> {
    await this.#writes.settled();
    await this.#database.close();
  }
}
