/** What the platform's API answers, below the project's path. */
import type { ApiSecretRecord, RunProgress } from '../../lib/services/index.js';
import type {
  EndpointJson,
  EndpointRowJson,
  FleetSummary,
  MetricsSessionJson,
  ReportJson,
  ReportSummaryJson,
} from '../../platform/server/index.js';

export type { EndpointJson, EndpointRowJson, MetricsSessionJson, ReportJson, ReportSummaryJson, RunProgress };

/** `GET endpoints` */
export interface EndpointsAnswer {
  items: EndpointRowJson[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** `GET fleet` */
export type FleetAnswer = FleetSummary;

/** `GET endpoints/<id>` */
export interface EndpointAnswer {
  endpoint: EndpointJson;
  /** The newest of them. */
  reports: HistoryAnswer;
}

/** `GET endpoints/<id>/reports` */
export interface HistoryAnswer {
  /** The newest first. */
  items: ReportSummaryJson[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** `GET endpoints/<id>/metrics` */
export interface MetricsAnswer {
  /** The newest first. */
  items: MetricsSessionJson[];
}

/** One of `GET secrets` */
export type SecretJson = ApiSecretRecord;

/** `GET secrets` */
export interface SecretsAnswer {
  /** The newest first. */
  items: SecretJson[];
}

/** `POST secrets` */
export interface CreatedSecret {
  secret: string;
  envLine: string;
}
