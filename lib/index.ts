/**
 * `iroh-net-diagnostics`: what users import.
 * @module iroh-net-diagnostics
 */

export type { Clock, Sleep } from './async/index.js';
export {
  type ClientLimits,
  type GrantState,
  type LabelState,
  type LabelStates,
  type MetricReaderLike,
  type MetricsRegistry,
  type OtelMetricLike,
  type PromMetricLike,
  type PromRegistryLike,
  type PromValueLike,
  RemoteError,
} from './client/index.js';
export { type DiagnoseOptions, diagnose, type ProbeEvent, type SoFar } from './diagnose/index.js';
export { hasCode, NetDiagnosticsError, type NetDiagnosticsErrorCode } from './errors.js';
export type { GrantEvent, NetDiagnosticsEvent, ReportEvent, ReportTrigger, StateEvent } from './events.js';
export {
  type AuditEvent,
  ClientHost,
  type ClientHostOptions,
  type DialBack,
  type DialBackOutcome,
  FileRevocationStore,
  type HostLimits,
  MemoryRevocationStore,
  type RefusalReason,
  Revocation,
  type RevocationStore,
} from './host/index.js';
export type { Logger, LogSink } from './logger.js';
export {
  NetDiagnostics,
  type Preview,
  type ReadyOptions,
  type RunOptions,
} from './net-diagnostics/index.js';
export {
  type AcceptLoop,
  type HttpAccess,
  type HttpAuthorize,
  type HttpOptions,
  type MetricsOptions,
  type NetDiagnosticsOptions,
  type PlatformOption,
  resolveSettings,
  type Settings,
} from './options/index.js';
export type { ProbeName } from './probes/index.js';
export type { EndpointSnapshot, IsPublicAddress, PathSnapshot, TextOptions } from './report/index.js';
export { redactReport, renderText, toWireReport } from './report/index.js';
export type * from './report/observation.js';
export type * from './report/types.js';
export { SettingError } from './settings/index.js';
export type { PlatformInfo, Reason, SharedIdentity, State, Status, StatusError } from './status.js';
export type {
  AdoptOptions,
  BiStream,
  CloseReason,
  Connection,
  ConnectionHandler,
  Endpoint,
  EndpointStat,
  Incoming,
  Listening,
  NativeConnection,
  NativeEndpoint,
  PathInfo,
  WaitOptions,
} from './transport/index.js';
export { adoptConnection, adoptEndpoint, ConnectionClosedError } from './transport/index.js';
export {
  API_SECRET_ENV_VAR_NAME,
  ApiSecret,
  type Attributes,
  type BindAddrOption,
  type BindAddrs,
  type Capability,
  Caps,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  type NetReport,
  type PortmapProbe,
  type Relay,
  type RelayAuth,
  type RelayLatency,
  type RelayOption,
  type RemoteFailure,
  SecretKey,
  type SocketAddr,
  type StunServer,
  type StunServerOption,
  type Token,
  type TokenOrigin,
} from './wire/index.js';
