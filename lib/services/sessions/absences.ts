import { type Clock, newAbort, type Sleep, systemSleep } from '../../async/index.js';
import { messageOf } from '../../errors.js';
import type { EndpointId } from '../../wire/index.js';
import type { EventBus } from '../events.js';
import type { EndpointRef } from '../records.js';
import type { Store } from '../store.js';
import type { Presence } from './presence.js';

/** A store that is away may be back in seconds or in hours. */
const AGAIN_MS = 2_000;

/** What {@link Absences} needs. */
export interface AbsencesDeps {
  /** With which the sessions are. */
  identity: EndpointId;
  store: Store;
  presence: Presence;
  events: EventBus;
  clock: Clock;
  /** For tests. */
  sleep?: Sleep | undefined;
}

/**
 * Stores that endpoints are no longer online. Nobody says it a second time: while the store is away it is kept here, and
 * otherwise an endpoint that left in such a moment would look online until it comes again.
 */
export class Absences {
  readonly #deps: AbsencesDeps;
  readonly #sleep: Sleep;
  readonly #stop = newAbort();
  /** Not stored yet, by project and id. */
  readonly #unsaid = new Map<string, { ref: EndpointRef; at: number }>();
  #isTrying = false;

  constructor(deps: AbsencesDeps) {
    this.#deps = deps;
    this.#sleep = deps.sleep ?? systemSleep;
  }

  /** Resolves when it is stored, or is to be stored later. Never rejects. */
  async note(ref: EndpointRef): Promise<void> {
    const { identity, store, events, clock } = this.#deps;
    const at = clock.now();
    const key = `${ref.project} ${ref.id}`;
    const isFirst = this.#unsaid.size === 0;
    // What is stored later of an earlier end must not come after this one.
    this.#unsaid.delete(key);
    try {
      await store.sessionClosed(ref, identity, at);
    } catch (error) {
      // The store that is away is told once.
      if (isFirst) events.emit({ type: 'warning', message: messageOf(error) });
      this.#unsaid.set(key, { ref, at });
      if (!this.#isTrying) void this.#tryAgain();
    }
  }

  /** Stores no more. */
  async close(): Promise<void> {
    this.#stop.abort();
  }

  async #tryAgain(): Promise<void> {
    const { identity, store, presence } = this.#deps;
    const { signal } = this.#stop;
    this.#isTrying = true;
    while (this.#unsaid.size > 0 && !signal.aborted) {
      await this.#sleep(AGAIN_MS, signal).catch(() => {});
      for (const [key, absence] of [...this.#unsaid]) {
        const { ref, at } = absence;
        if (signal.aborted) break;
        if (this.#unsaid.get(key) !== absence) continue;
        // Looked at and asked in one step: what a session that begins now stores, is stored after it.
        const isBack = presence.isOnline(ref.id, ref.project);
        const isSaid = isBack || (await store.sessionClosed(ref, identity, at).then(yes, no));
        // It would be the same with the others.
        if (!isSaid) break;
        if (this.#unsaid.get(key) === absence) this.#unsaid.delete(key);
      }
    }
    this.#isTrying = false;
  }
}

const yes = () => true;
const no = () => false;
