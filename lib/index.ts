/**
 * `iroh-net-diagnostics`: what most users import. Its building blocks are in `iroh-net-diagnostics/core`.
 * @module iroh-net-diagnostics
 */

export { type AnyNetDiagnosticsError, isNetDiagnosticsError } from './any-error.js';
export {
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
export type { AuditEvent, DialBack, DialBackOutcome, RefusalReason } from './host/index.js';
export type { Logger, LogSink } from './logger.js';
export {
  NetDiagnostics,
  type Preview,
  type ReadyOptions,
  type RunOptions,
} from './net-diagnostics/index.js';
export type {
  AcceptLoop,
  HttpAccess,
  HttpAuthorize,
  HttpOptions,
  MetricsOptions,
  NetDiagnosticsOptions,
  PeerOption,
  PlatformOption,
} from './options/index.js';
export {
  PeerHost,
  type PeerHostOptions,
  type PeerLimits,
  type PeerVisitEvent,
  type PeerVisitOutcome,
} from './peer/index.js';
export type { PeerLink, PeerPath, PeerStream, PeerToTry, ProbeName } from './probes/index.js';
export type { EndpointSnapshot, PathSnapshot, TextOptions } from './report/index.js';
export { isGoodPeer, redactReport, renderText } from './report/index.js';
export type * from './report/observation.js';
export type * from './report/types.js';
export { SettingError } from './settings/index.js';
export type { PlatformInfo, Reason, SharedIdentity, State, Status, StatusError } from './status.js';
export type {
  BiStream,
  CloseReason,
  Connection,
  ConnectionHandler,
  NativeConnection,
  NativeEndpoint,
  PathInfo,
  Traffic,
  WaitOptions,
} from './transport/index.js';
export { ConnectionClosedError, StreamError } from './transport/index.js';
export {
  type ApiSecret,
  type Attributes,
  type BindAddrOption,
  type BindAddrs,
  type Caps,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  type EndpointId,
  type IsPublicAddress,
  type NetReport,
  PEER_ALPN,
  type PortmapProbe,
  type Relay,
  type RelayAuth,
  type RelayLatency,
  type RelayOption,
  type RemoteFailure,
  type SecretKey,
  type SocketAddr,
  type StunServer,
  type StunServerOption,
} from './wire/index.js';
