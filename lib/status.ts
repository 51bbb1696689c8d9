/** What `NetDiagnostics` shows of itself: plain JSON, without any secret. */
import type { GrantState, LabelStates } from './client/index.js';
import type { Attributes, EndpointId } from './wire/index.js';

/** What it is doing. */
export type State =
  /** Nothing, on purpose: no API secret, or switched off. */
  | 'disabled'
  /** Preparing its identity and its endpoint. */
  | 'starting'
  /** Dialling the platform, or waiting before the next attempt. */
  | 'connecting'
  | 'online'
  /** The platform does not take the API secret; tried again every quarter of an hour. */
  | 'unauthorized'
  /** There is no endpoint to work with; `retryAt` says whether that is final. */
  | 'unavailable'
  /** `stop()` was called. */
  | 'stopped';

/** Why it is in this state, for programs. */
export type Reason =
  /** `disabled`: there is no API secret. */
  | 'no-secret'
  /** `disabled`: the setting `enabled` is false. */
  | 'switched-off'
  /** `connecting`: the platform cannot be reached. */
  | 'platform-unreachable'
  /** `connecting`: another process with the same key has a newer session; this one waits its turn. */
  | 'identity-in-use'
  /** `unauthorized`: the platform answered 401. */
  | 'refused-by-platform'
  /** `unavailable`, for good: `@number0/iroh` has no build for this machine or cannot be loaded. */
  | 'binding-unavailable'
  /** `unavailable`: no socket could be bound. */
  | 'bind-failed'
  /** `unavailable`: the key file cannot be read, made or understood. */
  | 'key-file'
  /** `unavailable`: the file that tells which grants were taken back cannot be read. */
  | 'revocation-file'
  /** `unavailable`, for good: the promise of the app's own endpoint failed, or it is none. */
  | 'no-endpoint'
  /** `unavailable`, for good: the endpoint was closed by its owner. */
  | 'endpoint-closed'
  /** `unavailable`: something else; see `lastError`. */
  | 'failed';

/** The latest trouble. */
export interface StatusError {
  /** One of our codes, or a system's (`EACCES`). */
  code: string;
  message: string;
  /** ISO 8601, UTC. */
  at: string;
}

/** The platform named in the API secret. */
export interface PlatformInfo {
  id: EndpointId;
  relays: string[];
  /** `ip:port`. */
  addrs: string[];
}

/** A sign that another process has this endpoint's key: each takes the platform's button from the other. */
export interface SharedIdentity {
  /** When the latest sign was seen: ISO 8601, UTC. */
  at: string;
  message: string;
}

/** Everything at one moment. Times are ISO 8601 in UTC. */
export interface Status {
  state: State;
  reason: Reason | null;
  /** Since when `state` and `reason` hold. */
  since: string;
  /** When the next attempt is made; `null` when none is planned. */
  retryAt: string | null;
  /** The name given to the platform. */
  name: string | null;
  /** The group it belongs to, as it was set last. */
  group: string | null;
  /** What else it says of itself, as it was set last. */
  attributes: Attributes;
  /** How far each of these three has come: what the platform took, refused, or does not know. */
  labels: LabelStates;
  /** `null` until the identity is known. */
  endpointId: EndpointId | null;
  platform: PlatformInfo | null;
  /** Whether this endpoint advertises and accepts the dial-back protocol, with which the platform calls. */
  servesDialBack: boolean;
  /** Whether `pause()` was called: dial-backs are turned away, and nothing is sent but the session's own traffic. */
  paused: boolean;
  /** Whether the platform's button works. `until` is in unix seconds. */
  grant: GrantState;
  /** Another process that has the same key, as seen within the last ten minutes; `null`: none. */
  sharedIdentity: SharedIdentity | null;
  /** Milliseconds to the platform and back, by the latest ping; `null` before it. */
  latencyMs: number | null;
  /** When the latest report of this endpoint was finished. */
  lastReportAt: string | null;
  /** The latest trouble, kept after it has passed. */
  lastError: StatusError | null;
}
