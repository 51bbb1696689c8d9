import { NetDiagnosticsError } from '../errors.js';
import type { Attributes, EndpointAddress, EndpointId } from '../wire/index.js';
import { shownGrant } from './button-state.js';
import {
  cursorAt,
  type EndpointPage,
  type EndpointQuery,
  isSelected,
  nameKey,
  type Position,
  pageOf,
} from './endpoint-query.js';
import {
  type ApiSecretRecord,
  type Authorisation,
  type EndpointRecord,
  type EndpointRef,
  type GrantRecord,
  type MetricsRecord,
  metricTypes,
  type ProjectId,
  type ReportRecord,
  type ReportSummary,
} from './records.js';
import { reportFacts } from './report-facts.js';
import type { HistoryPage, Store } from './store.js';

/** An endpoint and all that belongs to it. */
interface Entry {
  /** Without what is read from the others below. */
  record: EndpointRecord;
  /** By the platform's id and their capabilities. */
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
  readonly #secrets = new Map<EndpointId, ApiSecretRecord>();
  /** By project and id. */
  readonly #endpoints = new Map<string, Entry>();

  async addApiSecret(secret: ApiSecretRecord): Promise<void> {
    this.#secrets.set(secret.keyId, copyOf(secret));
  }

  async apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null> {
    const secret = this.#secrets.get(keyId);
    return secret === undefined ? null : copyOf(secret);
  }

  async apiSecrets(project: ProjectId): Promise<ApiSecretRecord[]> {
    const order = (a: ApiSecretRecord, b: ApiSecretRecord) =>
      b.createdAt - a.createdAt || byText(a.keyId, b.keyId);
    return [...this.#secrets.values()]
      .filter((secret) => secret.project === project)
      .map(copyOf)
      .sort(order);
  }

  async revokeApiSecret(project: ProjectId, keyId: EndpointId, at: number): Promise<boolean> {
    const secret = this.#secrets.get(keyId);
    if (secret === undefined || secret.project !== project || secret.revokedAt !== null) return false;
    secret.revokedAt = at;
    return true;
  }

  async endpoint(ref: EndpointRef): Promise<EndpointRecord | null> {
    const entry = this.#endpoints.get(keyOf(ref));
    return entry === undefined ? null : recordOf(entry);
  }

  async endpoints(query: EndpointQuery, nowSeconds: number): Promise<EndpointPage> {
    const { sort, limit, after } = pageOf(query);
    const place = (record: EndpointRecord): Position =>
      sort === 'recent' ? { ...record, sort } : { ...record, sort, nameKey: nameKey(record.name) };
    const selected = [...this.#endpoints.values()]
      .map(recordOf)
      .filter((record) => isSelected(record, query, nowSeconds))
      .filter((record) => after === null || byPosition(after, place(record)) < 0)
      .sort((a, b) => byPosition(place(a), place(b)));
    const endpoints = selected.slice(0, limit);
    const last = endpoints.at(-1);
    return {
      endpoints,
      next: last === undefined || selected.length <= limit ? null : cursorAt(last, sort),
    };
  }

  async lastAuthorisation(id: EndpointId): Promise<(Authorisation & { project: ProjectId }) | null> {
    const [latest] = [...this.#endpoints.values()]
      .map(({ record }) => record)
      .filter((record) => record.id === id)
      .sort((a, b) => b.lastSeenAt - a.lastSeenAt || byText(a.project, b.project));
    return latest === undefined ? null : { ...latest.authorisation, project: latest.project };
  }

  async countEndpoints(issuer: EndpointId): Promise<number> {
    return this.#endpointsOf(issuer).length;
  }

  async oldestOffline(issuer: EndpointId): Promise<EndpointId | null> {
    const [oldest] = this.#endpointsOf(issuer)
      .filter(({ isOnline }) => !isOnline)
      .sort((a, b) => a.lastSeenAt - b.lastSeenAt || byText(a.id, b.id));
    return oldest?.id ?? null;
  }

  #endpointsOf(issuer: EndpointId): EndpointRecord[] {
    return [...this.#endpoints.values()]
      .map(({ record }) => record)
      .filter(({ authorisation }) => authorisation.issuer === issuer);
  }

  async authorise(
    ref: EndpointRef,
    authorisation: Authorisation,
    identity: EndpointId,
    at: number,
  ): Promise<void> {
    const known = this.#record(ref);
    if (known !== undefined) {
      Object.assign(known, { authorisation: { ...authorisation }, lastSeenAt: at });
      return;
    }
    const { project, id } = ref;
    const unsaid = { name: null, group: null, attributes: {}, address: null, sharedIdentityAt: null };
    const state = { isOnline: false, grant: null, latestReport: null };
    const record = {
      ...{ project, id, identity, ...unsaid, ...state },
      ...{ authorisation: { ...authorisation }, firstSeenAt: at, lastSeenAt: at },
    };
    this.#endpoints.set(keyOf(ref), { record, grants: new Map(), reports: new Map(), metrics: new Map() });
  }

  async nameEndpoint(ref: EndpointRef, name: string): Promise<void> {
    this.#change(ref, { name });
  }

  async groupEndpoint(ref: EndpointRef, group: string): Promise<void> {
    this.#change(ref, { group });
  }

  async describeEndpoint(ref: EndpointRef, attributes: Attributes): Promise<void> {
    this.#change(ref, { attributes: copyOf(attributes) });
  }

  async sessionOpened(
    ref: EndpointRef,
    identity: EndpointId,
    address: EndpointAddress | null,
    at: number,
  ): Promise<void> {
    const where = address === null ? {} : { address: copyOf(address) };
    this.#change(ref, { isOnline: true, identity, lastSeenAt: at, ...where });
  }

  async sessionClosed(ref: EndpointRef, identity: EndpointId, at: number): Promise<void> {
    if (this.#record(ref)?.identity === identity) this.#change(ref, { isOnline: false, lastSeenAt: at });
  }

  async movedTo(ref: EndpointRef, address: EndpointAddress): Promise<void> {
    this.#change(ref, { address: copyOf(address) });
  }

  async identityShared(ref: EndpointRef, at: number): Promise<void> {
    this.#change(ref, { sharedIdentityAt: at });
  }

  async forgetEndpoint(ref: EndpointRef): Promise<void> {
    this.#endpoints.delete(keyOf(ref));
  }

  async putGrant(grant: GrantRecord): Promise<void> {
    this.#ownerOf(grant).grants.set(`${grant.identity} ${grant.caps.join(' ')}`, copyOf(grant));
  }

  async grants(ref: EndpointRef, identity: EndpointId): Promise<GrantRecord[]> {
    return this.#found(ref)
      .flatMap(({ grants }) => [...grants.values()].filter((grant) => grant.identity === identity))
      .map(copyOf)
      .sort((a, b) => b.grantedAt - a.grantedAt);
  }

  async addReport(report: ReportRecord, keep: number): Promise<void> {
    const { reports } = this.#ownerOf(report);
    reports.set(report.id, copyOf(report));
    for (const { id } of newestReports(reports).slice(keep)) reports.delete(id);
  }

  async report(project: ProjectId, id: string): Promise<ReportRecord | null> {
    for (const { reports } of this.#endpoints.values()) {
      const report = reports.get(id);
      if (report !== undefined && report.project === project) return copyOf(report);
    }
    return null;
  }

  async reports(ref: EndpointRef, page: HistoryPage): Promise<ReportRecord[]> {
    return this.#found(ref).flatMap(({ reports }) => pageIn(reports, page).map(copyOf));
  }

  async reportSummaries(ref: EndpointRef, page: HistoryPage): Promise<ReportSummary[]> {
    return this.#found(ref).flatMap(({ reports }) => pageIn(reports, page).map(summaryOf));
  }

  async putMetrics(update: MetricsRecord, keep: number): Promise<void> {
    const { metrics } = this.#ownerOf(update);
    metrics.set(update.sessionId, copyOf(update));
    for (const { sessionId } of newestMetrics(metrics).slice(keep)) metrics.delete(sessionId);
  }

  async putMetricValues({
    project,
    endpointId,
    sessionId,
    values,
    updatedAt,
  }: Omit<MetricsRecord, 'schema'>): Promise<void> {
    const known = this.#endpoints.get(keyOf({ project, id: endpointId }))?.metrics.get(sessionId);
    if (known !== undefined) Object.assign(known, { values: copyOf(values), updatedAt });
  }

  async metricTypes(ref: EndpointRef, sessionId: string): Promise<string | null> {
    const metrics = this.#endpoints.get(keyOf(ref))?.metrics.get(sessionId);
    return metrics === undefined ? null : metricTypes(metrics.schema.items);
  }

  async metricsSessions(ref: EndpointRef): Promise<MetricsRecord[]> {
    return this.#found(ref).flatMap(({ metrics }) => newestMetrics(metrics).map(copyOf));
  }

  /** Keeps all data: they can still be read after the platform has stopped, and a new platform can use this store. */
  async close(): Promise<void> {}

  #record(ref: EndpointRef): EndpointRecord | undefined {
    return this.#endpoints.get(keyOf(ref))?.record;
  }

  #change(ref: EndpointRef, change: Partial<EndpointRecord>): void {
    const record = this.#record(ref);
    if (record !== undefined) Object.assign(record, change);
  }

  #found(ref: EndpointRef): Entry[] {
    const entry = this.#endpoints.get(keyOf(ref));
    return entry === undefined ? [] : [entry];
  }

  /** @throws `ERR_STORE` if the endpoint is not known: it may have been forgotten meanwhile */
  #ownerOf({ project, endpointId }: { project: ProjectId; endpointId: EndpointId }): Entry {
    const entry = this.#endpoints.get(keyOf({ project, id: endpointId }));
    if (entry === undefined)
      throw new NetDiagnosticsError('ERR_STORE', 'The endpoint is not known (any more).');
    return entry;
  }
}

function keyOf({ project, id }: EndpointRef): string {
  return `${id} ${project}`;
}

function recordOf({ record, grants, reports }: Entry): EndpointRecord {
  const grant = shownGrant([...grants.values()].filter(({ identity }) => identity === record.identity));
  const [latest] = newestReports(reports);
  return copyOf({
    ...record,
    grant:
      grant === null ? null : { caps: grant.caps, expiresAt: grant.expiresAt, grantedAt: grant.grantedAt },
    latestReport: latest === undefined ? null : summaryOf(latest),
  });
}

function byPosition(a: Position, b: Position): number {
  if (a.sort === 'recent' && b.sort === 'recent')
    return Number(b.isOnline) - Number(a.isOnline) || b.lastSeenAt - a.lastSeenAt || byText(b.id, a.id);
  if (a.sort === 'name' && b.sort === 'name') return byText(a.nameKey, b.nameKey) || byText(a.id, b.id);
  return 0;
}

function pageIn(reports: Map<string, ReportRecord>, { limit, before }: HistoryPage): ReportRecord[] {
  return newestReports(reports)
    .filter(({ id }) => before === undefined || byText(id, before) < 0)
    .slice(0, limit);
}

function newestReports(reports: Map<string, ReportRecord>): ReportRecord[] {
  return [...reports.values()].sort((a, b) => byText(b.id, a.id));
}

function newestMetrics(metrics: Map<string, MetricsRecord>): MetricsRecord[] {
  return [...metrics.values()].sort((a, b) => b.updatedAt - a.updatedAt || byText(a.sessionId, b.sessionId));
}

function summaryOf({ report, ...circumstances }: ReportRecord): ReportSummary {
  return { ...circumstances, facts: reportFacts(report, circumstances.sighting) };
}

function copyOf<T>(record: T): T {
  return structuredClone(record);
}

/** As databases compare text: by its code units. */
function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
