import { NetDiagnosticsError } from '../errors.js';
import type { Attributes, EndpointAddress, EndpointId } from '../wire/index.js';
import {
  type ApiSecretRecord,
  type Authorisation,
  type EndpointRecord,
  type GrantRecord,
  type MetricsRecord,
  metricTypes,
  type ReportRecord,
  type ReportSummary,
  reportFacts,
} from './records.js';
import type { Store } from './store.js';

/** An endpoint and all that belongs to it. */
interface Entry {
  record: EndpointRecord;
  /** By their capabilities. */
  grants: Map<string, GrantRecord>;
  reports: Map<string, ReportRecord>;
  /** By their session. */
  metrics: Map<string, MetricsRecord>;
}

/**
 * A store without a database: it needs no package, and its data are lost when the process ends. Records are copied when
 * they are written and read, as in a database.
 */
export class MemoryStore implements Store {
  readonly #settings = new Map<string, string>();
  readonly #secrets = new Map<EndpointId, ApiSecretRecord>();
  readonly #endpoints = new Map<EndpointId, Entry>();

  async setting(key: string): Promise<string | null> {
    return this.#settings.get(key) ?? null;
  }

  async putSetting(key: string, value: string): Promise<void> {
    this.#settings.set(key, value);
  }

  async addApiSecret(secret: ApiSecretRecord): Promise<void> {
    this.#secrets.set(secret.keyId, copyOf(secret));
  }

  async apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const secret = this.#secrets.get(keyId);
    return secret === undefined ? null : copyOf(secret);
  }

  async apiSecrets(): Promise<ApiSecretRecord[]> {
    const order = (a: ApiSecretRecord, b: ApiSecretRecord) =>
      b.createdAt - a.createdAt || byText(a.keyId, b.keyId);
    return [...this.#secrets.values()].map(copyOf).sort(order);
  }

  async revokeApiSecret(keyId: EndpointId, at: number): Promise<boolean> {
    const secret = this.#secrets.get(keyId);
    if (secret === undefined || secret.revokedAt !== null) return false;
    secret.revokedAt = at;
    return true;
  }

  async endpoint(id: EndpointId): Promise<EndpointRecord | null> {
    const entry = this.#endpoints.get(id);
    return entry === undefined ? null : copyOf(entry.record);
  }

  async endpoints(): Promise<EndpointRecord[]> {
    const order = (a: EndpointRecord, b: EndpointRecord) => b.lastSeenAt - a.lastSeenAt || byText(a.id, b.id);
    return [...this.#endpoints.values()].map(({ record }) => copyOf(record)).sort(order);
  }

  async endpointsOf(issuer: EndpointId): Promise<EndpointId[]> {
    return [...this.#endpoints.values()]
      .map(({ record }) => record)
      .filter(({ authorisation }) => authorisation.issuer === issuer)
      .sort((a, b) => a.lastSeenAt - b.lastSeenAt || byText(a.id, b.id))
      .map(({ id }) => id);
  }

  async authorise(id: EndpointId, authorisation: Authorisation, at: number): Promise<void> {
    const known = this.#endpoints.get(id);
    if (known !== undefined) {
      Object.assign(known.record, { authorisation: { ...authorisation }, lastSeenAt: at });
      return;
    }
    const times = { firstSeenAt: at, lastSeenAt: at };
    const unsaid = { name: null, group: null, attributes: {}, address: null };
    const record = { id, ...unsaid, authorisation: { ...authorisation }, ...times };
    this.#endpoints.set(id, { record, grants: new Map(), reports: new Map(), metrics: new Map() });
  }

  async nameEndpoint(id: EndpointId, name: string): Promise<void> {
    const record = this.#endpoints.get(id)?.record;
    if (record !== undefined) record.name = name;
  }

  async groupEndpoint(id: EndpointId, group: string): Promise<void> {
    const record = this.#endpoints.get(id)?.record;
    if (record !== undefined) record.group = group;
  }

  async describeEndpoint(id: EndpointId, attributes: Attributes): Promise<void> {
    const record = this.#endpoints.get(id)?.record;
    if (record !== undefined) record.attributes = copyOf(attributes);
  }

  async sawEndpoint(id: EndpointId, address: EndpointAddress | null, at: number): Promise<void> {
    const record = this.#endpoints.get(id)?.record;
    if (record === undefined) return;
    record.lastSeenAt = at;
    if (address !== null) record.address = copyOf(address);
  }

  async forgetEndpoint(id: EndpointId): Promise<void> {
    this.#endpoints.delete(id);
  }

  async putGrant(grant: GrantRecord): Promise<void> {
    this.#entry(grant.endpointId).grants.set(grant.caps.join(' '), copyOf(grant));
  }

  async grants(endpointId?: EndpointId): Promise<GrantRecord[]> {
    const entries = endpointId === undefined ? this.#endpoints.values() : this.#found(endpointId);
    return [...entries]
      .flatMap(({ grants }) => [...grants.values()].map(copyOf))
      .sort((a, b) => b.grantedAt - a.grantedAt);
  }

  async addReport(report: ReportRecord, keep: number): Promise<void> {
    const { reports } = this.#entry(report.endpointId);
    reports.set(report.id, copyOf(report));
    for (const { id } of newestReports(reports).slice(keep)) reports.delete(id);
  }

  async report(id: string): Promise<ReportRecord | null> {
    for (const { reports } of this.#endpoints.values()) {
      const report = reports.get(id);
      if (report !== undefined) return copyOf(report);
    }
    return null;
  }

  async reports(endpointId: EndpointId, limit: number): Promise<ReportRecord[]> {
    return this.#found(endpointId).flatMap(({ reports }) =>
      newestReports(reports).slice(0, limit).map(copyOf),
    );
  }

  async reportSummaries(endpointId: EndpointId, limit: number): Promise<ReportSummary[]> {
    return this.#found(endpointId).flatMap(({ reports }) =>
      newestReports(reports).slice(0, limit).map(summaryOf),
    );
  }

  async latestReports(): Promise<ReportSummary[]> {
    return [...this.#endpoints.values()].flatMap(({ reports }) =>
      newestReports(reports).slice(0, 1).map(summaryOf),
    );
  }

  async putMetrics(update: MetricsRecord, keep: number): Promise<void> {
    const { metrics } = this.#entry(update.endpointId);
    metrics.set(update.sessionId, copyOf(update));
    for (const { sessionId } of newestMetrics(metrics).slice(keep)) metrics.delete(sessionId);
  }

  async putMetricValues({
    endpointId,
    sessionId,
    values,
    updatedAt,
  }: Omit<MetricsRecord, 'schema'>): Promise<void> {
    const known = this.#endpoints.get(endpointId)?.metrics.get(sessionId);
    if (known !== undefined) Object.assign(known, { values: copyOf(values), updatedAt });
  }

  async metricTypes(endpointId: EndpointId, sessionId: string): Promise<string | null> {
    const metrics = this.#endpoints.get(endpointId)?.metrics.get(sessionId);
    return metrics === undefined ? null : metricTypes(metrics.schema.items);
  }

  async metricsSessions(endpointId: EndpointId): Promise<MetricsRecord[]> {
    return this.#found(endpointId).flatMap(({ metrics }) => newestMetrics(metrics).map(copyOf));
  }

  /** Keeps all data: they can still be read after the platform has stopped, and a new platform can use this store. */
  async close(): Promise<void> {}

  #found(id: EndpointId): Entry[] {
    const entry = this.#endpoints.get(id);
    return entry === undefined ? [] : [entry];
  }

  /** @throws `ERR_STORE` if the endpoint is not known: it may have been forgotten meanwhile */
  #entry(id: EndpointId): Entry {
    const entry = this.#endpoints.get(id);
    if (entry === undefined)
      throw new NetDiagnosticsError('ERR_STORE', 'The endpoint is not known (any more).');
    return entry;
  }
}

function newestReports(reports: Map<string, ReportRecord>): ReportRecord[] {
  return [...reports.values()].sort((a, b) => byText(b.id, a.id));
}

function newestMetrics(metrics: Map<string, MetricsRecord>): MetricsRecord[] {
  return [...metrics.values()].sort((a, b) => b.updatedAt - a.updatedAt || byText(a.sessionId, b.sessionId));
}

function summaryOf({ report, ...circumstances }: ReportRecord): ReportSummary {
  return { ...circumstances, facts: reportFacts(report) };
}

function copyOf<T>(record: T): T {
  return structuredClone(record);
}

/** As databases compare text: by its code units. */
function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
