import { type Clock, nowSeconds, systemSleep } from '../../async/index.js';
import { messageOf } from '../../errors.js';
import { CLOSE_UNAVAILABLE, type Connection, type Endpoint } from '../../transport/index.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_UNAUTHORIZED,
  type EndpointId,
  REASON_UNAUTHORIZED,
  REASON_UNEXPECTED_AUTH,
  reasonExpired,
  type Token,
} from '../../wire/index.js';
import { isExpired } from '../button-state.js';
import { LONG_EXPIRED_SECONDS, TURN_LOOK_MS } from '../constants.js';
import type { EventBus } from '../events.js';
import type { ServicesLimits } from '../limits.js';
import type { Authorisation, EndpointRef, ProjectId } from '../records.js';
import type { Store } from '../store.js';
import type { Absences } from './absences.js';
import { AddressWatch } from './address-snapshot.js';
import { refuseAuthorisation, refuseClientToken, TOKEN_EXPIRED } from './authorisation.js';
import type { KnownSecrets } from './known-secrets.js';
import type { Presence } from './presence.js';
import type { Rates } from './rates.js';
import { REASON_TOO_MANY, type Refuse } from './refusal.js';
import type { SharedPlaces } from './shared-places.js';
import type { Twins } from './twins.js';
import type { Unauthenticated } from './unauthenticated.js';

/** What the rights of all sessions are decided from. */
export interface RightsContext {
  endpoint: Endpoint;
  store: Store;
  secrets: KnownSecrets;
  presence: Presence;
  absences: Absences;
  twins: Twins;
  events: EventBus;
  clock: Clock;
  unauthenticated: Unauthenticated;
  /** Places of authorised sessions, counted by API secret. */
  places: SharedPlaces;
  rates: Rates;
  limits: Pick<ServicesLimits, 'endpointsPerSecret'>;
}

/** What a session may do, and whose it is. */
export type SessionAuthorisation = Authorisation & { project: ProjectId };

/**
 * What one session may do, by the token that it has shown, and what it holds for that: its place, its entry among those
 * that are online, and what is stored of both.
 */
export class SessionRights {
  readonly #connection: Connection;
  readonly #shared: RightsContext;
  readonly #refuse: Refuse;
  readonly #address: AddressWatch;
  /** Of an earlier connection. */
  #recalled: SessionAuthorisation | null = null;
  #authorisation: SessionAuthorisation | null = null;
  /** The API secret under which it has its place. */
  #issuer: EndpointId | null = null;
  /** What is being stored of its beginning: its end must not come before it. Never rejects. */
  #opening: Promise<unknown> = Promise.resolve();
  /** Whether an `Auth` came on this connection. It may still come if an earlier connection's `Auth` was accepted. */
  #hasShownToken = false;

  constructor(connection: Connection, shared: RightsContext, refuse: Refuse) {
    this.#connection = connection;
    this.#shared = shared;
    this.#refuse = refuse;
    this.#address = new AddressWatch(shared.endpoint, connection, shared.clock);
  }

  /** The API secret whose valid token it has shown; `null`: it has shown none. */
  get issuer(): EndpointId | null {
    return this.#issuer;
  }

  /** The official client does not authenticate again after a reconnect, so the token of its last `Auth` still counts. */
  async recall(signal: AbortSignal): Promise<void> {
    const last = await this.#shared.store.lastAuthorisation(this.#connection.remoteId);
    this.#recalled = last;
    if (last === null || (await this.#whyNot(last)) !== null)
      this.#shared.unauthenticated.enter(this.#leaveUnauthenticated);
    else if (this.#takePlace(last.issuer) && (await this.#turn(last.issuer, signal)))
      await this.#enter(last, signal);
  }

  /** Takes the token of an `Auth`. @returns the answer; `null` if it is refused, with the connection */
  async authenticate(token: Token, signal: AbortSignal): Promise<Uint8Array | null> {
    const { endpoint, store, secrets, clock } = this.#shared;
    if (this.#hasShownToken) return this.#refuse(CLOSE_BAD_REQUEST, REASON_UNEXPECTED_AUTH, 'a second Auth');
    this.#hasShownToken = true;
    const endpointId = this.#connection.remoteId;
    const { issuer, expiresAt } = token;
    const secret = await secrets.get(issuer);
    const why = refuseClientToken(token, { endpointId, secret, nowSeconds: nowSeconds(clock) });
    if (why !== null || secret === null) {
      const isLong = isExpired(expiresAt, nowSeconds(clock) - LONG_EXPIRED_SECONDS);
      const reason = why === TOKEN_EXPIRED && isLong ? reasonExpired(clock.now()) : REASON_UNAUTHORIZED;
      return this.#refuse(CLOSE_UNAUTHORIZED, reason, why ?? '');
    }
    // Whoever was recalled has had this turn already.
    const isRecalled = this.#issuer === issuer;
    if (!this.#takePlace(issuer)) return null;
    if (!isRecalled && !(await this.#turn(issuer, signal))) return null;
    const authorisation = { project: secret.project, issuer, expiresAt };
    if (!(await this.#makeRoom(authorisation))) {
      const full = 'the API secret has too many endpoints online';
      return this.#refuse(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED, full);
    }
    const ref = { project: secret.project, id: endpointId };
    // The official client shows the same token again and again.
    const isStored = isRecalled && this.#recalled?.expiresAt === expiresAt;
    if (!isStored) await store.authorise(ref, authorisation, endpoint.id, clock.now());
    await this.#enter(authorisation, signal);
    return this.#connection.closeReason === null ? new Uint8Array(0) : null;
  }

  /**
   * Checks each request: a session may last longer than its token or its API secret is valid.
   * @returns whose session it is; `null` if it may do nothing (more): then the connection is closed
   */
  async check(): Promise<SessionAuthorisation | null> {
    const authorisation = this.#authorisation;
    if (authorisation === null) return null;
    const why = await this.#whyNot(authorisation);
    if (why !== null) return this.#refuse(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED, why);
    this.#shared.places.used(authorisation.issuer, this.#giveWay);
    return authorisation;
  }

  /** Stores where the endpoint is now, if that has changed. @param isDue - whether to look now in any case */
  async noteAddress(isDue: boolean): Promise<void> {
    const ref = this.#ref;
    const address = ref === null ? null : await this.#address.changed(isDue);
    if (ref !== null && address !== null) await this.#shared.store.movedTo(ref, address);
  }

  /** Gives back all that it holds. Never rejects. */
  async end(): Promise<void> {
    this.#shared.unauthenticated.leave(this.#leaveUnauthenticated);
    this.#leavePlace();
    await this.#leave();
  }

  /** @returns whether it has a place under this API secret now */
  #takePlace(issuer: EndpointId): boolean {
    if (this.#connection.closeReason !== null) return false;
    // At once: it may have to wait for its turn, and those without a token come faster than that.
    this.#shared.unauthenticated.leave(this.#leaveUnauthenticated);
    this.#leavePlace();
    this.#issuer = issuer;
    if (this.#shared.places.enter(issuer, this.#giveWay)) return true;
    this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, 'its API secret has more sessions than any other');
    return false;
  }

  /** Waits for its turn, as long as the connection lives. @returns whether it may begin now */
  async #turn(issuer: EndpointId, signal: AbortSignal): Promise<boolean> {
    const connection = this.#connection;
    const wait = this.#shared.rates.session(connection.remoteId, issuer);
    if (wait === null) {
      this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, 'too many sessions were opened lately');
      return false;
    }
    for (let left = wait; left > 0 && connection.closeReason === null; left -= TURN_LOOK_MS)
      await systemSleep(Math.min(left, TURN_LOOK_MS), signal);
    return connection.closeReason === null;
  }

  #leavePlace(): void {
    if (this.#issuer !== null) this.#shared.places.leave(this.#issuer, this.#giveWay);
  }

  /**
   * Endpoints without a lasting key come with a new id at each start. If there are too many, the one that was seen
   * longest ago is forgotten.
   * @returns whether there is room
   */
  async #makeRoom({ project, issuer }: SessionAuthorisation): Promise<boolean> {
    const { store, events, limits } = this.#shared;
    const isKnown = (last: SessionAuthorisation | null) =>
      last?.project === project && last.issuer === issuer;
    if (isKnown(this.#recalled)) return true;
    if ((await store.countEndpoints(issuer)) < limits.endpointsPerSecret) return true;
    const own = await store.endpoint({ project, id: this.#connection.remoteId });
    if (own?.authorisation.issuer === issuer) return true;
    const oldest = await store.oldestOffline(issuer);
    if (oldest === null) return false;
    await store.forgetEndpoint({ project, id: oldest });
    events.emit({ type: 'forgotten', project, endpointId: oldest });
    return true;
  }

  async #enter(authorisation: SessionAuthorisation, signal: AbortSignal): Promise<void> {
    if (this.#connection.closeReason !== null) return;
    const { project } = authorisation;
    const before = this.#authorisation;
    // The secret of another project: to that one the endpoint is gone.
    if (before !== null && before.project !== project) await this.#leave();
    this.#authorisation = authorisation;
    void this.#enterPresence(authorisation, signal);
    // It may have been revoked while the token was stored; from here on, a revocation finds the session.
    const why = await this.#whyNot(authorisation);
    if (why !== null) this.#refuse(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED, why);
    else if (before?.project !== project) {
      const opening = this.#open(authorisation);
      this.#opening = opening.catch(() => {});
      await opening;
    }
  }

  async #open({ project }: SessionAuthorisation): Promise<void> {
    const { endpoint, store, events, clock } = this.#shared;
    const endpointId = this.#connection.remoteId;
    const address = await this.#address.now();
    await store.sessionOpened({ project, id: endpointId }, endpoint.id, address, clock.now());
    events.emit({ type: 'session-opened', project, endpointId });
  }

  /** At once; what it means for older sessions is known later. Never rejects. */
  async #enterPresence(authorisation: SessionAuthorisation, signal: AbortSignal): Promise<void> {
    const { presence, twins, events, store, clock } = this.#shared;
    const { project } = authorisation;
    const endpointId = this.#connection.remoteId;
    const isShared = () => twins.sharedAt(endpointId) !== null;
    const replaced = await presence.enter(this.#connection, authorisation, isShared, signal);
    if (!twins.note(this.#connection, replaced)) return;
    await store.identityShared({ project, id: endpointId }, clock.now()).catch(this.#warn);
    events.emit({ type: 'identity-shared', project, endpointId });
  }

  async #leave(): Promise<void> {
    const { presence, absences, events } = this.#shared;
    const ref = this.#ref;
    if (!presence.leave(this.#connection) || ref === null) return;
    await this.#opening;
    // Its next session may have begun meanwhile.
    if (presence.isOnline(ref.id, ref.project)) return;
    await absences.note(ref);
    events.emit({ type: 'session-closed', project: ref.project, endpointId: ref.id });
  }

  get #ref(): EndpointRef | null {
    const project = this.#authorisation?.project;
    return project === undefined ? null : { project, id: this.#connection.remoteId };
  }

  async #whyNot(authorisation: Authorisation): Promise<string | null> {
    const secret = await this.#shared.secrets.get(authorisation.issuer);
    return refuseAuthorisation(authorisation, secret, nowSeconds(this.#shared.clock));
  }

  readonly #leaveUnauthenticated = () => {
    this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, 'too many others wait without a token');
  };

  readonly #giveWay = () => {
    const why = 'its API secret has the most sessions, and there are no more places';
    this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, why);
  };

  readonly #warn = (error: unknown) => {
    this.#shared.events.emit({ type: 'warning', message: messageOf(error) });
  };
}
