/**
 * `iroh-net-diagnostics-platform`: the other end of the protocol, self-hosted.
 * @module iroh-net-diagnostics-platform
 */
export {
  ApiSecret,
  type ApiSecretRecord,
  type Attributes,
  type Authorisation,
  type ButtonState,
  type DiagnosticsReport,
  DialBackError,
  type DialBackOptions,
  type EndpointAddress,
  type EndpointId,
  type EndpointPage,
  type EndpointQuery,
  type EndpointRecord,
  type EndpointView,
  type GreyReason,
  type MetricSchema,
  type MetricsRecord,
  type MetricsSchema,
  type MetricValue,
  type NatType,
  type NatTypeBy,
  NetDiagnosticsError,
  type NetDiagnosticsErrorCode,
  type PlatformEvent,
  type PlatformEventListener,
  type RelayAuth,
  type RelayOption,
  type ReportFacts,
  type ReportLevel,
  type ReportRecord,
  type ReportSource,
  type ReportSummary,
  type RunFailureKind,
  type RunPhase,
  type RunProgress,
  type Sighting,
} from 'iroh-net-diagnostics/services';
export type { AnsweredRequest, RequestRecord } from './observe/index.js';
export type { OidcOptions, OidcRoleOption } from './oidc-options.js';
export type { DashboardOptions, PlatformOptions, TlsOptions } from './options.js';
export { Platform } from './platform.js';
export type { MetricRetentionOptions, ReportRetentionOptions, RetentionOptions } from './retention/index.js';
