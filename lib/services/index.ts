/**
 * `iroh-net-diagnostics/services`: the platform's side of the protocol, without files, SQL and HTTP. For a platform of
 * one's own; `iroh-net-diagnostics/testing` and the package `iroh-net-diagnostics-platform` stand on it.
 * @module iroh-net-diagnostics/services
 */
export type { Clock } from '../async/index.js';
export { NetDiagnosticsError, type NetDiagnosticsErrorCode } from '../errors.js';
export type { Endpoint } from '../transport/index.js';
export {
  ApiSecret,
  type Attributes,
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  type MetricSchema,
  type MetricsSchema,
  type MetricValue,
  parseEndpointId,
  type RelayAuth,
  type RelayOption,
  SecretKey,
} from '../wire/index.js';
export { MAX_LABEL_LENGTH } from './api-secrets.js';
export { type BindPlatformOptions, type BoundEndpoint, bindPlatform, platformAddress } from './bind.js';
export type { ButtonState, GreyReason } from './button-state.js';
export {
  DialBackError,
  type DialBackErrorCode,
  type DialBackOptions,
  type RunFailureKind,
  type RunPhase,
  type RunProgress,
} from './dial-back/index.js';
export { EventBus, type PlatformEvent, type PlatformEventListener } from './events.js';
export { MemoryStore } from './memory-store.js';
export {
  type ApiSecretRecord,
  type Authorisation,
  type EndpointRecord,
  type GrantRecord,
  type MetricsRecord,
  metricTypes,
  type ReportFacts,
  type ReportRecord,
  type ReportSource,
  type ReportSummary,
  reportFacts,
} from './records.js';
export { isReportId } from './report-id.js';
export { ServicesHost, type ServicesHostDeps } from './services-host.js';
export type { Store } from './store.js';
export type { EndpointFilter, EndpointView } from './views.js';
