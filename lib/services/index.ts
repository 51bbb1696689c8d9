/**
 * `iroh-net-diagnostics/services`: the platform's side of the protocol, without files, SQL and HTTP, and the parts of
 * this package that a server around it needs. `iroh-net-diagnostics/testing` and the package
 * `iroh-net-diagnostics-platform` are built on it.
 * @module iroh-net-diagnostics/services
 */
export {
  bounded,
  type Clock,
  monotonicMs,
  notify,
  type Release,
  Semaphore,
  type SemaphoreOptions,
  type Sleep,
  type Step,
  settledWithin,
  systemClock,
  systemSleep,
  TokenBucket,
} from '../async/index.js';
export { codeOf, hasCode, messageOf, NetDiagnosticsError, type NetDiagnosticsErrorCode } from '../errors.js';
export { createKeyFile, FILE_MODE, makeFolders, publishFile, replaceFile } from '../files.js';
export {
  EventStream,
  type EventStreamOptions,
  hostName,
  isLoopbackHost,
  SECURITY_HEADERS,
  type Site,
  siteOf,
} from '../http-kit/index.js';
export {
  bindAddrs,
  callback,
  flag,
  group,
  InvalidField,
  type Kind,
  listOf,
  nearest,
  needed,
  objectWith,
  oneOf,
  option,
  port,
  type Row,
  reading,
  readOptions,
  relaysWithoutSecret,
  SettingError,
  type TextKind,
  textKind,
  type Values,
  wholeNumber,
} from '../settings/index.js';
export { printable } from '../text.js';
export type { Endpoint } from '../transport/index.js';
export {
  API_SECRET_ENV_VAR_NAME,
  ApiSecret,
  type Attributes,
  type BindAddrOption,
  type BindAddrs,
  canonicalIp,
  type DiagnosticsReport,
  type EndpointAddress,
  type EndpointId,
  formatSocketAddr,
  InvalidValue,
  type IsPublicAddress,
  isLoopbackAddress,
  looksLikeApiSecret,
  type MetricSchema,
  type MetricsSchema,
  type MetricValue,
  networkOf,
  parseEndpointId,
  type RelayAuth,
  type RelayOption,
  relayFromUrl,
  SecretKey,
  trustedEndpointId,
  unmappedIp,
  verifySignature,
  withBrackets,
} from '../wire/index.js';
export { type ApiSecretContext, type ApiSecretStore, ApiSecrets, MAX_LABEL_LENGTH } from './api-secrets.js';
export { type BindPlatformOptions, type BoundEndpoint, bindPlatform, platformAddress } from './bind.js';
export {
  type ButtonFacts,
  type ButtonState,
  buttonState,
  type GreyReason,
  permitsDialBack,
  shownGrant,
} from './button-state.js';
export {
  DialBackError,
  type DialBackErrorCode,
  type DialBackOptions,
  type RunFailureKind,
  type RunPhase,
  type RunProgress,
} from './dial-back/index.js';
export {
  cursorAt,
  type EndpointPage,
  type EndpointQuery,
  type EndpointSort,
  type GrantState,
  grantState,
  MAX_PAGE,
  nameKey,
  type Position,
  pageOf,
  searchWords,
} from './endpoint-query.js';
export { EventBus, type PlatformEvent, type PlatformEventListener } from './events.js';
export {
  LIMITS,
  type LimitName,
  limitsOption,
  type ServicesLimitOptions,
  type ServicesLimits,
} from './limits.js';
export { MemoryStore } from './memory-store.js';
export {
  type ApiSecretRecord,
  type Authorisation,
  DEFAULT_PROJECT,
  type EndpointRecord,
  type EndpointRef,
  type GrantRecord,
  isReportId,
  type MetricsRecord,
  metricTypes,
  newReportId,
  type ProjectId,
  type ReportRecord,
  type ReportSource,
  type ReportSummary,
  type ShownGrant,
} from './records.js';
export { type ReportFacts, reportFacts } from './report-facts.js';
export { historyPage, ServicesHost, type ServicesHostDeps } from './services-host.js';
export { ServicesShares, type SharesInUse } from './services-shares.js';
export type { HistoryPage, Store } from './store.js';
export { type EndpointView, viewOf } from './views.js';
export {
  addressIn,
  type FamilyNat,
  type Judgement,
  type NatType,
  type NatTypeBy,
  natOf,
  type ReportLevel,
  type Sighting,
} from './witness/index.js';
