export { tokenIn } from './access.js';
export { Dashboard } from './dashboard.js';
export type {
  EndpointJson,
  MetricsSessionJson,
  ReportJson,
  ReportSummaryJson,
} from './json.js';
