/**
 * `iroh-net-diagnostics/platform`: the other end of the protocol, self-hosted.
 * @module iroh-net-diagnostics/platform
 */
export { NetDiagnosticsError, type NetDiagnosticsErrorCode } from '../errors.js';
export type { RelayConfig } from '../transport/index.js';
export {
  ApiSecret,
  type Attributes,
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  type MetricSchema,
  type MetricsSchema,
  type MetricValue,
} from '../wire/index.js';
export type { ButtonState, GreyReason } from './button-state.js';
export {
  DialBackError,
  type DialBackOptions,
  type RunFailureKind,
  type RunPhase,
  type RunProgress,
} from './dial-back/index.js';
export type { PlatformEvent, PlatformEventListener } from './events.js';
export type { DashboardOptions, PlatformOptions } from './options.js';
export { Platform } from './platform.js';
export type {
  ApiSecretRecord,
  Authorisation,
  EndpointRecord,
  MetricsRecord,
  ReportFacts,
  ReportRecord,
  ReportSource,
  ReportSummary,
} from './records.js';
export type { EndpointFilter, EndpointView } from './views.js';
