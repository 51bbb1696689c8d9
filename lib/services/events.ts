import { notify } from '../async/index.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import type { RunProgress } from './dial-back/progress.js';
import type { ProjectId, ReportSource } from './records.js';

/** An event for the operator's log and for the dashboard. Never contains a secret. */
export type PlatformEvent =
  | { type: 'session-opened'; project: ProjectId; endpointId: EndpointId }
  | { type: 'session-closed'; project: ProjectId; endpointId: EndpointId }
  /**
   * An endpoint whose session ended with an earlier process of the platform took a call of this one: the button works, also
   * before its next session.
   */
  | { type: 'reached'; project: ProjectId; endpointId: EndpointId }
  /** Two live processes have this endpoint's key: their sessions replace each other. Emitted only now and then. */
  | { type: 'identity-shared'; project: ProjectId; endpointId: EndpointId }
  /**
   * A connection without a token, or with one that is not (or no longer) valid, was refused. At most about twenty a
   * minute are emitted for connections without a valid token, so that they cannot fill a log. `suppressed`: how many were
   * left out since the last one. `code`: what its connection was closed with, such as 401.
   */
  | { type: 'session-refused'; endpointId: EndpointId; code: number; why: string; suppressed: number }
  | { type: 'named'; project: ProjectId; endpointId: EndpointId; name: string }
  | { type: 'grouped'; project: ProjectId; endpointId: EndpointId; group: string }
  /** All attributes of the endpoint as they are now. */
  | { type: 'described'; project: ProjectId; endpointId: EndpointId; attributes: Attributes }
  /** `expiresAt`: unix seconds, `null` for never. */
  | { type: 'granted'; project: ProjectId; endpointId: EndpointId; caps: string[]; expiresAt: number | null }
  | { type: 'request-refused'; endpointId: EndpointId; request: string; why: string }
  | { type: 'metrics'; project: ProjectId; endpointId: EndpointId }
  | {
      type: 'report';
      project: ProjectId;
      endpointId: EndpointId;
      reportId: string;
      source: ReportSource;
    }
  | { type: 'forgotten'; project: ProjectId; endpointId: EndpointId }
  | { type: 'run'; project: ProjectId; endpointId: EndpointId; progress: RunProgress }
  /** A secret was made, or revoked. `keyId` names it. */
  | { type: 'api-secrets-changed'; project: ProjectId; keyId: EndpointId }
  /** The platform goes on, but the operator should know. */
  | { type: 'warning'; message: string };

/** Receives events. What it throws is ignored. */
export type PlatformEventListener = (event: PlatformEvent) => void;

/** Passes every event to every listener. */
export class EventBus {
  readonly #listeners = new Set<PlatformEventListener>();

  /** @returns ends the subscription */
  subscribe(listener: PlatformEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls every listener. Never throws. */
  emit(event: PlatformEvent): void {
    for (const listener of [...this.#listeners]) notify(listener, event);
  }
}
