import type { Attributes, EndpointAddress, EndpointId } from '../wire/index.js';
import type { EndpointPage, EndpointQuery } from './endpoint-query.js';
import type {
  ApiSecretRecord,
  Authorisation,
  EndpointRecord,
  EndpointRef,
  GrantRecord,
  MetricsRecord,
  ProjectId,
  ReportRecord,
  ReportSummary,
} from './records.js';

/** A part of an endpoint's history. */
export interface HistoryPage {
  /** At most so many. */
  limit: number;
  /** Only reports older than the one with this id. */
  before?: string | undefined;
}

/**
 * What the platform needs of a database. Every method is atomic, and its data are on disk when it resolves. All methods
 * reject with `ERR_STORE`. What is said of an endpoint that is not known (any more) is dropped, or rejects where it would
 * be missed: a grant, a report, metrics.
 */
export interface Store {
  /** Stores the public half of a new secret. */
  addApiSecret(secret: ApiSecretRecord): Promise<void>;
  /** A secret by its id, revoked or not; `null`: there never was one. */
  apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null>;
  /** Newest first. */
  apiSecrets(project: ProjectId): Promise<ApiSecretRecord[]>;
  /** Resolves to whether this call revoked a valid secret. */
  revokeApiSecret(project: ProjectId, keyId: EndpointId, at: number): Promise<boolean>;

  /** An endpoint; `null`: it is not known (any more). */
  endpoint(ref: EndpointRef): Promise<EndpointRecord | null>;
  /**
   * A page of the endpoints that a query selects.
   * @param nowSeconds - unix seconds, for grants that expire
   * @throws `ERR_SETTING` for a bad limit or cursor
   */
  endpoints(query: EndpointQuery, nowSeconds: number): Promise<EndpointPage>;
  /** The authorisation that an endpoint showed last, in whichever project; `null`: it is not known. */
  lastAuthorisation(id: EndpointId): Promise<(Authorisation & { project: ProjectId }) | null>;
  /** How many endpoints a secret has. */
  countEndpoints(issuer: EndpointId): Promise<number>;
  /** The endpoint of a secret that has been offline the longest; `null`: all are online. */
  oldestOffline(issuer: EndpointId): Promise<EndpointId | null>;
  /**
   * Adds the endpoint, or replaces its stored authorisation.
   * @param identity - the platform's id, for a new one; {@link sessionOpened} changes it
   */
  authorise(ref: EndpointRef, authorisation: Authorisation, identity: EndpointId, at: number): Promise<void>;
  /** Stores the name that an endpoint gave itself. */
  nameEndpoint(ref: EndpointRef, name: string): Promise<void>;
  /** Stores the group that an endpoint put itself into. */
  groupEndpoint(ref: EndpointRef, group: string): Promise<void>;
  /** Replaces all attributes of an endpoint. */
  describeEndpoint(ref: EndpointRef, attributes: Attributes): Promise<void>;
  /** Stores that an endpoint is online, with which of the platform's ids, and where. `address` null keeps the known one. */
  sessionOpened(
    ref: EndpointRef,
    identity: EndpointId,
    address: EndpointAddress | null,
    at: number,
  ): Promise<void>;
  /**
   * Stores that an endpoint is no longer online with an identity. Nothing where its session began last with another one,
   * whose process says when that ends.
   */
  sessionClosed(ref: EndpointRef, identity: EndpointId, at: number): Promise<void>;
  /** Stores where an endpoint is now. */
  movedTo(ref: EndpointRef, address: EndpointAddress): Promise<void>;
  /** Stores that two live processes have its key. */
  identityShared(ref: EndpointRef, at: number): Promise<void>;
  /** Removes an endpoint with its grants, reports and metrics. */
  forgetEndpoint(ref: EndpointRef): Promise<void>;

  /** Replaces the endpoint's grant of the same capabilities to the same of the platform's ids. */
  putGrant(grant: GrantRecord): Promise<void>;
  /** Newest first. @param identity - only grants for this one of the platform's ids */
  grants(ref: EndpointRef, identity: EndpointId): Promise<GrantRecord[]>;

  /** Adds a report and drops the oldest ones of the endpoint, so that at most `keep` stay. */
  addReport(report: ReportRecord, keep: number): Promise<void>;
  /** A report by its id; `null`: there is none (any more). */
  report(project: ProjectId, id: string): Promise<ReportRecord | null>;
  /** Newest first. */
  reports(ref: EndpointRef, page: HistoryPage): Promise<ReportRecord[]>;
  /** As {@link reports}, without reading the content of the reports. */
  reportSummaries(ref: EndpointRef, page: HistoryPage): Promise<ReportSummary[]>;

  /** Adds or replaces a session and drops the oldest ones of the endpoint, so that at most `keep` stay. */
  putMetrics(metrics: MetricsRecord, keep: number): Promise<void>;
  /** Replaces the values of a known session; its schema is neither read nor written. */
  putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void>;
  /** The types of a session's metrics, see `metricTypes`; null when its schema is unknown. */
  metricTypes(ref: EndpointRef, sessionId: string): Promise<string | null>;
  /** Newest first. */
  metricsSessions(ref: EndpointRef): Promise<MetricsRecord[]>;

  /** Idempotent. */
  close(): Promise<void>;
}
