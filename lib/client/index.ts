export {
  GrantKeeper,
  type GrantKeeperOptions,
  type GrantRevocation,
  type GrantState,
} from './grant-keeper.js';
export { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
export { MetricsPusher, type MetricsPusherOptions } from './metrics-pusher.js';
export { type NameKeeperOptions, nameKeeper } from './name-keeper.js';
export type { OnlineHook, OnlineSession, UnitRequest } from './online-session.js';
export { RemoteError } from './remote-error.js';
export { Session, type SessionOptions } from './session.js';
export type { SessionEvent, SessionState, SessionStatus } from './session-status.js';
