export { Maintenance, type MaintenanceDeps } from './maintenance.js';
export {
  agesOf,
  type KeptBytes,
  type MetricRetentionOptions,
  type ReportRetentionOptions,
  type Retention,
  type RetentionOptions,
  retention,
} from './retention.js';
