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
 * What the platform asks of a database. Every method is atomic, and what it wrote is on disk when it resolves.
 * All reject with `ERR_STORE`. Asynchronous although the embedded store is not: a networked one will be.
 */
export interface Store {
  /** A value that was put under this key; `null`: none was. */
  setting(key: string): Promise<string | null>;
  /** Keeps a value under a key, in place of an earlier one. */
  putSetting(key: string, value: string): Promise<void>;

  /** Keeps the public half of a new secret. */
  addApiSecret(secret: ApiSecretRecord): Promise<void>;
  /** A secret by its id, revoked or not; `null`: there never was one. */
  apiSecret(keyId: EndpointId): Promise<ApiSecretRecord | null>;
  /** Newest first. */
  apiSecrets(): Promise<ApiSecretRecord[]>;
  /** Resolves to whether a good secret was revoked by this call. */
  revokeApiSecret(keyId: EndpointId, at: number): Promise<boolean>;

  /** An endpoint by its id; `null`: it is not known (any more). */
  endpoint(id: EndpointId): Promise<EndpointRecord | null>;
  /** Last seen first. */
  endpoints(): Promise<EndpointRecord[]>;
  /** Ids of a secret's endpoints, unseen the longest first. */
  endpointsOf(issuer: EndpointId): Promise<EndpointId[]>;
  /** Adds the endpoint, or renews what is known of its right to be here. */
  authorise(id: EndpointId, authorisation: Authorisation, at: number): Promise<void>;
  /** Keeps the name that an endpoint gave itself. */
  nameEndpoint(id: EndpointId, name: string): Promise<void>;
  /** Keeps the group that an endpoint put itself into. */
  groupEndpoint(id: EndpointId, group: string): Promise<void>;
  /** Replaces them all. */
  describeEndpoint(id: EndpointId, attributes: Attributes): Promise<void>;
  /** `address` null keeps the one that is known. */
  sawEndpoint(id: EndpointId, address: EndpointAddress | null, at: number): Promise<void>;
  /** Forgets it with its grants, reports and metrics. */
  forgetEndpoint(id: EndpointId): Promise<void>;

  /** Replaces the endpoint's grant of the same capabilities. */
  putGrant(grant: GrantRecord): Promise<void>;
  /** Newest first; of one endpoint, or of all. */
  grants(endpointId?: EndpointId): Promise<GrantRecord[]>;

  /** Adds it and drops the endpoint's oldest beyond `keep`. */
  addReport(report: ReportRecord, keep: number): Promise<void>;
  /** A report by its id; `null`: there is none (any more). */
  report(id: string): Promise<ReportRecord | null>;
  /** Newest first. */
  reports(endpointId: EndpointId, limit: number): Promise<ReportRecord[]>;
  /** As {@link reports}, without reading what they hold. */
  reportSummaries(endpointId: EndpointId, limit: number): Promise<ReportSummary[]>;
  /** The newest one of every endpoint, without reading what they hold. */
  latestReports(): Promise<ReportSummary[]>;

  /** Adds or replaces a session and drops the endpoint's oldest beyond `keep`. */
  putMetrics(metrics: MetricsRecord, keep: number): Promise<void>;
  /** Replaces the values of a session that is known; its schema is neither read nor written. */
  putMetricValues(metrics: Omit<MetricsRecord, 'schema'>): Promise<void>;
  /** The types of a session's metrics, see `metricTypes`; null when its schema is unknown. */
  metricTypes(endpointId: EndpointId, sessionId: string): Promise<string | null>;
  /** Newest first. */
  metricsSessions(endpointId: EndpointId): Promise<MetricsRecord[]>;

  /** Idempotent. */
  close(): Promise<void>;
}
