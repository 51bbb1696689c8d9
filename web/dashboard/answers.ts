/** What the platform's API answers. */
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

/** `GET api/endpoints` */
export interface EndpointsAnswer {
  endpoints: EndpointRowJson[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** `GET api/fleet` */
export type FleetAnswer = FleetSummary;

/** `GET api/endpoints/<id>` */
export interface EndpointAnswer extends HistoryAnswer {
  endpoint: EndpointJson;
}

/** `GET api/endpoints/<id>/reports` */
export interface HistoryAnswer {
  /** The newest first. */
  reports: ReportSummaryJson[];
  /** For the next page; `null`: this was the last. */
  next: string | null;
}

/** `GET api/endpoints/<id>/metrics` */
export interface MetricsAnswer {
  /** The newest first. */
  sessions: MetricsSessionJson[];
}

/** One of `GET api/secrets` */
export type SecretJson = ApiSecretRecord;

/** `POST api/secrets` */
export interface CreatedSecret {
  secret: string;
  envLine: string;
}
