import type { Attributes, EndpointAddress, EndpointId } from '../wire/index.js';
import type {
  ApiSecretRecord,
  Authorisation,
  EndpointRecord,
  GrantRecord,
  MetricsRecord,
  ReportRecord,
  ReportSummary,
} from './records.js';

/**
 * What the platform needs of a database. Every method is atomic, and its data are on disk when it resolves. All methods
 * reject with `ERR_STORE`. They are asynchronous for databases over the network; the embedded store would not need it.
 */
export interface Store {
  /** The value that was stored under this key; `null`: none. */
  setting(key: string): Promise<string | null>;
  /** Stores a value under a key, and replaces an earlier one. */
  putSetting(key: string, value: string): Promise<void>;

  /** Stores the public half of a new secret. */
  addApiSecret(secret: ApiSecretRecord): Promise<void>;
  /** A secret by its id, revoked or not; `null`: there never was one. */
  apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null>;
  /** Newest first. */
  apiSecrets(): Promise<ApiSecretRecord[]>;
  /** Resolves to whether this call revoked a valid secret. */
  revokeApiSecret(keyId: EndpointId, at: number): Promise<boolean>;

  /** An endpoint by its id; `null`: it is not known (any more). */
  endpoint(id: EndpointId): Promise<EndpointRecord | null>;
  /** Last seen first. */
  endpoints(): Promise<EndpointRecord[]>;
  /** Ids of a secret's endpoints; those that were seen longest ago first. */
  endpointsOf(issuer: EndpointId): Promise<EndpointId[]>;
  /** Adds the endpoint, or replaces its stored authorisation. */
  authorise(id: EndpointId, authorisation: Authorisation, at: number): Promise<void>;
  /** Stores the name that an endpoint gave itself. */
  nameEndpoint(id: EndpointId, name: string): Promise<void>;
  /** Stores the group that an endpoint put itself into. */
  groupEndpoint(id: EndpointId, group: string): Promise<void>;
  /** Replaces all attributes of an endpoint. */
  describeEndpoint(id: EndpointId, attributes: Attributes): Promise<void>;
  /** Stores when and where an endpoint was seen. `address` null keeps the known one. */
  sawEndpoint(id: EndpointId, address: EndpointAddress | null, at: number): Promise<void>;
  /** Removes an endpoint with its grants, reports and metrics. */
  forgetEndpoint(id: EndpointId): Promise<void>;

  /** Replaces the endpoint's grant of the same capabilities. */
  putGrant(grant: GrantRecord): Promise<void>;
  /** Newest first; of one endpoint, or of all. */
  grants(endpointId?: EndpointId): Promise<GrantRecord[]>;

  /** Adds a report and drops the oldest ones of the endpoint, so that at most `keep` stay. */
  addReport(report: ReportRecord, keep: number): Promise<void>;
  /** A report by its id; `null`: there is none (any more). */
  report(id: string): Promise<ReportRecord | null>;
  /** Newest first. */
  reports(endpointId: EndpointId, limit: number): Promise<ReportRecord[]>;
  /** As {@link reports}, without reading the content of the reports. */
  reportSummaries(endpointId: EndpointId, limit: number): Promise<ReportSummary[]>;
  /** The newest report of every endpoint, without reading its content. */
  latestReports(): Promise<ReportSummary[]>;

  /** Adds or replaces a session and drops the oldest ones of the endpoint, so that at most `keep` stay. */
  putMetrics(metrics: MetricsRecord, keep: number): Promise<void>;
  /** Replaces the values of a known session; its schema is neither read nor written. */
  putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void>;
  /** The types of a session's metrics, see `metricTypes`; null when its schema is unknown. */
  metricTypes(endpointId: EndpointId, sessionId: string): Promise<string | null>;
  /** Newest first. */
  metricsSessions(endpointId: EndpointId): Promise<MetricsRecord[]>;

  /** Idempotent. */
  close(): Promise<void>;
}
