import { setImmediate as turn } from 'node:timers/promises';
import { type Clock, newAbort, nowSeconds, Semaphore, type Sleep, systemSleep } from '../../async/index.js';
import { hasCode, messageOf } from '../../errors.js';
import type { Endpoint } from '../../transport/index.js';
import { CLIENT_HOST_ALPN, CLOSE_NORMAL, type EndpointId } from '../../wire/index.js';
import { usableGrant } from '../button-state.js';
import { RECALL_AGAIN_MS, RECALL_TIMEOUT_MS, RECALLS_AT_ONCE } from '../constants.js';
import type { EventBus } from '../events.js';
import type { Authorisation, EndpointRecord, EndpointRef, GrantRecord } from '../records.js';
import { type Absences, type KnownSecrets, type Presence, refuseAuthorisation } from '../sessions/index.js';
import type { Store } from '../store.js';
import { authorise } from './fetch-report.js';

/** What {@link Recalls} needs. */
export interface RecallContext {
  endpoint: Endpoint;
  store: Store;
  presence: Presence;
  absences: Absences;
  secrets: Pick<KnownSecrets, 'get'>;
  events: EventBus;
  clock: Clock;
  sleep?: Sleep | undefined;
}

/** An endpoint that was reached and has no session yet. */
interface Reached {
  ref: EndpointRef;
  issuer: EndpointId;
  isStored: boolean;
}

/**
 * Calls the endpoints that had a session with an earlier process of this identity, which may have died without a word. To
 * them that session looks alive for up to half a minute, and the official client does not come back before it has something
 * to send. An endpoint that takes the call and its own grant counts as online from then on, until a call fails: the button
 * works for it. Our client takes the call as a sign to look after its session.
 */
export class Recalls {
  readonly #context: RecallContext;
  readonly #sleep: Sleep;
  readonly #places = new Semaphore(RECALLS_AT_ONCE);
  readonly #stop = newAbort();
  /** By project and id. */
  readonly #reached = new Map<string, Reached>();
  #calling: Promise<unknown> = Promise.resolve();
  #isWatching = false;
  /** Whether a failure of this round was told: a store that is away fails for all. */
  #isTold = false;

  constructor(context: RecallContext) {
    this.#context = context;
    this.#sleep = context.sleep ?? systemSleep;
  }

  /** Resolves when all were called once; those that were reached are called again now and then. Never rejects. */
  async recall(refs: readonly EndpointRef[]): Promise<void> {
    const { signal } = this.#stop;
    this.#isTold = false;
    const calls = Promise.all(
      refs.map((ref) => this.#places.run(() => this.#call(ref), signal).catch(() => {})),
    );
    this.#calling = Promise.all([this.#calling, calls]);
    await calls;
    if (this.#reached.size > 0 && !this.#isWatching) void this.#watch();
  }

  /** Notes that an endpoint without a session cannot be reached (any more). */
  async lost(ref: EndpointRef): Promise<void> {
    const { absences, presence, events } = this.#context;
    if (!this.#reached.delete(keyOf(ref)) || !presence.notReached(ref.id, ref.project)) return;
    await absences.note(ref);
    events.emit({ type: 'session-closed', project: ref.project, endpointId: ref.id });
  }

  /** A secret was revoked: who was reached and came with it is gone. Never rejects. */
  async revoked(keyId: EndpointId): Promise<void> {
    const gone = [...this.#reached.values()].filter(({ issuer }) => issuer === keyId);
    await Promise.all(gone.map(({ ref }) => this.lost(ref)));
  }

  /** Ends all calls. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#calling;
  }

  async #watch(): Promise<void> {
    const { presence } = this.#context;
    const { signal } = this.#stop;
    this.#isWatching = true;
    while (this.#reached.size > 0 && !signal.aborted) {
      await this.#sleep(RECALL_AGAIN_MS, signal).catch(() => {});
      // Who had a session meanwhile comes and goes with that.
      for (const [key, { ref }] of this.#reached)
        if (!presence.isReached(ref.id, ref.project)) this.#reached.delete(key);
      if (!signal.aborted) await this.recall([...this.#reached.values()].map(({ ref }) => ref));
    }
    this.#isWatching = false;
  }

  async #call(ref: EndpointRef): Promise<void> {
    const { endpoint, store, presence, events, clock } = this.#context;
    const { project, id } = ref;
    try {
      // A store in this process answers at once: a fleet's calls would follow each other without a turn for anybody else.
      await turn();
      if (presence.connection(id) !== null) return;
      const [record, grants] = await Promise.all([store.endpoint(ref), store.grants(ref, endpoint.id)]);
      const grant = usableGrant(grants, nowSeconds(clock));
      if (presence.connection(id) !== null) return;
      if (record?.identity !== endpoint.id || grant === null || !(await this.#isThere(record, grant))) {
        await this.lost(ref);
        return;
      }
      if (presence.connection(id) !== null) return;
      const { issuer } = record.authorisation;
      const reached = this.#reached.get(keyOf(ref)) ?? { ref, issuer, isStored: false };
      this.#reached.set(keyOf(ref), reached);
      presence.reached(id, project);
      if (reached.isStored) return;
      await store.sessionOpened(ref, endpoint.id, null, clock.now());
      reached.isStored = true;
      events.emit({ type: 'reached', project, endpointId: id });
    } catch (error) {
      this.#warn(error);
    }
  }

  /** Whether it may have a session here, and takes a call and the grant. @throws `ERR_ABORTED` when all calls end */
  async #isThere({ authorisation, address }: EndpointRecord, { token }: GrantRecord): Promise<boolean> {
    const { signal } = this.#stop;
    const wait = { signal, timeoutMs: RECALL_TIMEOUT_MS };
    if (address === null || !(await this.#isWelcome(authorisation))) return false;
    try {
      const connection = await this.#context.endpoint.connect(address, CLIENT_HOST_ALPN, wait);
      try {
        await authorise(connection, { token, signal });
      } finally {
        connection.close(CLOSE_NORMAL);
      }
    } catch (error) {
      if (hasCode(error, 'ERR_ABORTED')) throw error;
      return false;
    }
    // Its secret may have been revoked meanwhile.
    return this.#isWelcome(authorisation);
  }

  async #isWelcome(authorisation: Authorisation): Promise<boolean> {
    const { secrets, clock } = this.#context;
    const secret = await secrets.get(authorisation.issuer);
    return refuseAuthorisation(authorisation, secret, nowSeconds(clock)) === null;
  }

  readonly #warn = (error: unknown) => {
    if (this.#stop.signal.aborted || this.#isTold) return;
    this.#isTold = true;
    this.#context.events.emit({ type: 'warning', message: `A recall failed: ${messageOf(error)}` });
  };
}

function keyOf({ project, id }: EndpointRef): string {
  return `${project} ${id}`;
}
