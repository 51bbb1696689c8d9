import { notify } from '../async/index.js';
import type { Attributes, EndpointId } from '../wire/index.js';
import type { RunProgress } from './dial-back/progress.js';
import type { ReportSource } from './records.js';

/** Something an operator may want to log, and the dashboard to show. Never carries a secret. */
export type PlatformEvent =
  | { type: 'session-opened'; endpointId: EndpointId }
  | { type: 'session-closed'; endpointId: EndpointId }
  /** Two live processes have this endpoint's key: their sessions replace each other. Told once in a while. */
  | { type: 'identity-shared'; endpointId: EndpointId }
  /**
   * A stranger, or an endpoint whose token is not (or no longer) good. Strangers cannot fill a log by it: some twenty
   * of theirs a minute are told. `suppressed`: how many were not, since the last.
   */
  | { type: 'session-refused'; endpointId: EndpointId; why: string; suppressed: number }
  | { type: 'named'; endpointId: EndpointId; name: string }
  | { type: 'grouped'; endpointId: EndpointId; group: string }
  /** All that it says of itself now. */
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

/** Hands every event to every listener. */
export class EventBus {
  readonly #listeners = new Set<PlatformEventListener>();

  /** @returns ends the subscription */
  subscribe(listener: PlatformEventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells every listener. Never throws. */
  emit(event: PlatformEvent): void {
    for (const listener of [...this.#listeners]) notify(listener, event);
  }
}
