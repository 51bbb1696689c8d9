/** What the platform's API answers. */
import type { ApiSecretRecord, RunProgress } from '../../lib/services/index.js';
import type {
  EndpointJson,
  MetricsSessionJson,
  ReportJson,
  ReportSummaryJson,
} from '../../platform/server/index.js';

export type { EndpointJson, MetricsSessionJson, ReportJson, ReportSummaryJson, RunProgress };

/** `GET api/endpoints` */
export interface EndpointsAnswer {
  endpoints: EndpointJson[];
}

/** `GET api/endpoints/<id>` */
export interface EndpointAnswer {
  endpoint: EndpointJson;
  /** The newest first. */
  reports: ReportSummaryJson[];
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
