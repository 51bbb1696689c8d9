/** The status of `NetDiagnostics`: plain JSON, without any secret. */
import type { GrantState, LabelStates } from './client/index.js';
import type { Attributes, EndpointId } from './wire/index.js';

/** What it is doing. */
export type State =
  /** It does nothing, on purpose: there is no API secret, or it is switched off. */
  | 'disabled'
  /** Preparing its identity and its endpoint. */
  | 'starting'
  /** Dialling the platform, or waiting before the next attempt. */
  | 'connecting'
  | 'online'
  /** The platform does not accept the API secret; tried again every 15 minutes. */
  | 'unauthorized'
  /** There is no endpoint to work with; `retryAt` says whether that is final. */
  | 'unavailable'
  /** `stop()` was called. */
  | 'stopped';

/** Why it is in this state, as a code for programs. */
export type Reason =
  /** `disabled`: there is no API secret. */
  | 'no-secret'
  /** `disabled`: the setting `enabled` is false. */
  | 'switched-off'
  /** `connecting`: the platform cannot be reached. */
  | 'platform-unreachable'
  /** `connecting`: another process with the same key has a newer session; this one waits. */
  | 'identity-in-use'
  /** `unauthorized`: the platform answered 401. */
  | 'refused-by-platform'
  /** `unavailable`, for good: `@number0/iroh` has no build for this machine or cannot be loaded. */
  | 'binding-unavailable'
  /** `unavailable`: no socket could be bound. */
  | 'bind-failed'
  /** `unavailable`: the key file cannot be read, made or understood. */
  | 'key-file'
  /** `unavailable`: the file that lists the revoked grants cannot be read. */
  | 'revocation-file'
  /** `unavailable`, for good: the promise of the app's own endpoint failed, or gave something that is no endpoint. */
  | 'no-endpoint'
  /** `unavailable`, for good: the endpoint was closed by its owner. */
  | 'endpoint-closed'
  /** `unavailable`: something else; see `lastError`. */
  | 'failed';

/** The latest error. */
export interface StatusError {
  /** A code of this package, or of the system (`EACCES`). */
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

/** A sign that another process has this endpoint's key: each of them takes the dial-backs of the other. */
export interface SharedIdentity {
  /** When the latest sign was seen: ISO 8601, UTC. */
  at: string;
  message: string;
}

/** The whole status at one moment. Times are ISO 8601 in UTC. */
export interface Status {
  state: State;
  reason: Reason | null;
  /** When `state` and `reason` became what they are. */
  since: string;
  /** When the next attempt is made; `null` when none is planned. */
  retryAt: string | null;
  /** The name given to the platform. */
  name: string | null;
  /** The group it belongs to, as last set. */
  group: string | null;
  /** The attributes it gives to the platform, as last set. */
  attributes: Attributes;
  /** For name, group and attributes: whether the platform accepted it, refused it, or does not know of it. */
  labels: LabelStates;
  /** `null` until the identity is known. */
  endpointId: EndpointId | null;
  platform: PlatformInfo | null;
  /** Whether this endpoint advertises and accepts the dial-back protocol, by which the platform asks for a report. */
  servesDialBack: boolean;
  /** Whether `pause()` was called: dial-backs are refused, and only the session's own traffic is sent. */
  paused: boolean;
  /** Whether the platform's button works. `until` is in unix seconds. */
  grant: GrantState;
  /** Another process with the same key, seen within the last ten minutes; `null`: none. */
  sharedIdentity: SharedIdentity | null;
  /** Round-trip time to the platform in milliseconds, by the latest ping; `null` before the first one. */
  latencyMs: number | null;
  /** When the latest report of this endpoint was finished. */
  lastReportAt: string | null;
  /** The latest error. It is kept after the problem is over. */
  lastError: StatusError | null;
}
