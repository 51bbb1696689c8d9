export { AppMetrics, type AppMetricsListener, type MetricsRegistry } from './app-metrics.js';
export { backoffDelay } from './backoff.js';
export {
  GrantKeeper,
  type GrantKeeperOptions,
  type GrantRevocation,
  type GrantState,
} from './grant-keeper.js';
export type { LabelState } from './label.js';
export { type LabelStates, LabelsKeeper, type LabelsKeeperOptions } from './labels-keeper.js';
export { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
export { MetricsPusher, type MetricsPusherOptions } from './metrics-pusher.js';
export { type MetricSample, statSamples } from './metrics-update.js';
export type { OnlineHook, OnlineSession, RequestWait, UnitRequest } from './online-session.js';
export { isOwnKind } from './own-kind.js';
export { PlatformConnection } from './platform-connection.js';
export type { MetricReaderLike, OtelMetricLike } from './registries/open-telemetry.js';
export type { PromMetricLike, PromRegistryLike, PromValueLike } from './registries/prom-client.js';
export { RemoteError } from './remote-error.js';
export { Session, type SessionOptions } from './session.js';
export type { SessionEvent, SessionState, SessionStatus } from './session-status.js';
