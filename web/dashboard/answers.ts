/** What the platform's API answers, below the project's path, or below `api/v1/`. */
import type { RunProgress } from '../../lib/services/index.js';
import type { Permission, Role } from '../../platform/people/index.js';
import type {
  ApiSecretJson,
  EndpointJson,
  EndpointRowJson,
  FleetSummary,
  MetricsSessionJson,
  ReportSummaryJson,
} from '../../platform/server/index.js';

export type {
  ApiSecretJson as SecretJson,
  AuditEntryJson as AuditEntry,
  CreatedTokenJson as CreatedToken,
  EndpointJson,
  EndpointRowJson,
  LinkJson as LinkAnswer,
  MeJson as MeAnswer,
  MemberJson,
  MetricLineJson,
  MetricNameJson,
  MetricSeriesJson,
  MetricsSessionJson,
  ProjectJson,
  ReportJson,
  ReportSummaryJson,
  SignInJson,
  TokenJson,
  UsageJson as UsageAnswer,
  UserJson,
} from '../../platform/server/index.js';
export type { Permission, Role, RunProgress };

/** A page of a list. */
export interface ListAnswer<Item> {
  items: Item[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** `GET endpoints` */
export type EndpointsAnswer = ListAnswer<EndpointRowJson>;

/** `GET fleet` */
export type FleetAnswer = FleetSummary;

/** `GET endpoints/<id>` */
export interface EndpointAnswer {
  endpoint: EndpointJson;
  /** The newest of them. */
  reports: HistoryAnswer;
}

/** `GET endpoints/<id>/reports`; the newest first. */
export type HistoryAnswer = ListAnswer<ReportSummaryJson>;

/** `GET endpoints/<id>/metrics`; the newest first. */
export type MetricsAnswer = ListAnswer<MetricsSessionJson>;

/** `GET secrets`; the newest first. */
export type SecretsAnswer = ListAnswer<ApiSecretJson>;

/** `POST secrets`, for a secret that the platform makes. */
export interface CreatedSecret {
  secret: string;
  envLine: string;
}
