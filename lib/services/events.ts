import { notify } from '../async/index.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import type { RunProgress } from './dial-back/progress.js';
import type { ReportSource } from './records.js';

/** An event for the operator's log and for the dashboard. Never contains a secret. */
export type PlatformEvent =
  | { type: 'session-opened'; endpointId: EndpointId }
  | { type: 'session-closed'; endpointId: EndpointId }
  /** Two live processes have this endpoint's key: their sessions replace each other. Emitted only now and then. */
  | { type: 'identity-shared'; endpointId: EndpointId }
  /**
   * A connection without a token, or with one that is not (or no longer) valid, was refused. At most about twenty a
   * minute are emitted for connections without a valid token, so that they cannot fill a log. `suppressed`: how many were
   * left out since the last one.
   */
  | { type: 'session-refused'; endpointId: EndpointId; why: string; suppressed: number }
  | { type: 'named'; endpointId: EndpointId; name: string }
  | { type: 'grouped'; endpointId: EndpointId; group: string }
  /** All attributes of the endpoint as they are now. */
  | { type: 'described'; endpointId: EndpointId; attributes: Attributes }
  /** `expiresAt`: unix seconds, `null` for never. */
  | { type: 'granted'; endpointId: EndpointId; caps: string[]; expiresAt: number | null }
  | { type: 'request-refused'; endpointId: EndpointId; request: string; why: string }
  | { type: 'metrics'; endpointId: EndpointId }
  | { type: 'report'; endpointId: EndpointId; reportId: string; source: ReportSource }
  | { type: 'forgotten'; endpointId: EndpointId }
  | { type: 'run'; endpointId: EndpointId; progress: RunProgress }
  | { type: 'api-secrets-changed' }
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
