export { Maintenance, type MaintenanceDeps } from './maintenance.js';
export {
  agesOf,
  type KeptBytes,
  type MetricRetentionOptions,
  RETENTION_NUMBERS,
  type ReportRetentionOptions,
  type Retention,
  type RetentionOptions,
  retention,
  withNumber,
} from './retention.js';
