/**
 * `iroh-net-diagnostics/core`: the building blocks of `NetDiagnostics`, for users who put them together themselves.
 * @module iroh-net-diagnostics/core
 */

export { hasCode, NetDiagnosticsError, type NetDiagnosticsErrorCode } from './errors.js';
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
  type RevocationOptions,
  type RevocationStore,
} from './host/index.js';
export { type NetDiagnosticsOptions, resolveSettings, type Settings } from './options/index.js';
export { toWireReport } from './report/index.js';
export { SettingError } from './settings/index.js';
export {
  type AdoptOptions,
  adoptConnection,
  adoptEndpoint,
  type BiStream,
  type CloseReason,
  type Connection,
  ConnectionClosedError,
  type ConnectionHandler,
  type Endpoint,
  type EndpointStat,
  type Incoming,
  type Listening,
  type NativeConnection,
  type NativeEndpoint,
  type PathInfo,
  Router,
  type RouterEvent,
  type RouterOptions,
  StreamError,
  type Traffic,
} from './transport/index.js';
export {
  API_SECRET_ENV_VAR_NAME,
  ApiSecret,
  type Capability,
  Caps,
  CLIENT_HOST_ALPN,
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  parseEndpointId,
  type RemoteFailure,
  SecretKey,
  type SocketAddr,
  type Token,
  type TokenOrigin,
} from './wire/index.js';
