import {
  type Clock,
  linkedAbort,
  nowSeconds,
  Semaphore,
  systemSleep,
  type Throttle,
} from '../../async/index.js';
import { hasCode, messageOf } from '../../errors.js';
import {
  type BiStream,
  CLOSE_UNAVAILABLE,
  type Connection,
  type Endpoint,
  type RequestHead,
  readBody,
  readHead,
  respond,
} from '../../transport/index.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_NORMAL,
  CLOSE_TOO_LARGE,
  CLOSE_UNAUTHORIZED,
  decodeServicesRequest,
  REASON_EXPECTED_AUTH,
  REASON_UNAUTHORIZED,
  REASON_UNEXPECTED_AUTH,
  RESET_UNKNOWN_REQUEST,
  reasonExpired,
  type ServicesRequest,
  type Token,
} from '../../wire/index.js';
import { isExpired } from '../button-state.js';
import {
  ADDRESS_INTERVAL_MS,
  AUTH_TIMEOUT_MS,
  LARGE_REQUEST,
  LONG_EXPIRED_SECONDS,
  MAX_ENDPOINTS_PER_SECRET,
  MAX_OPEN_STREAMS_PER_SESSION,
  MAX_REQUEST,
  MAX_STREAMS_PER_SESSION,
  MAX_STREAMS_PER_STRANGER,
  MAX_UNAUTHORISED_REQUEST,
  RATE_TURN_SIZE,
  REFUSED_LINGER_MS,
  REQUEST_TIMEOUT_MS,
} from '../constants.js';
import type { EventBus } from '../events.js';
import type { Authorisation, EndpointRef, ProjectId } from '../records.js';
import type { Store } from '../store.js';
import { snapshotAddress } from './address-snapshot.js';
import { refuseAuthorisation, refuseClientToken, TOKEN_EXPIRED } from './authorisation.js';
import type { Presence } from './presence.js';
import type { Rates } from './rates.js';
import { answerRequest, type EndpointRequest, type RequestContext, refuseRequest } from './requests.js';
import type { SharedPlaces } from './shared-places.js';
import type { Twins } from './twins.js';
import type { Unauthenticated } from './unauthenticated.js';

/** What all sessions share. Places are counted by API secret. */
export interface SessionContext {
  endpoint: Endpoint;
  store: Store;
  presence: Presence;
  twins: Twins;
  events: EventBus;
  clock: Clock;
  /** Places of authorised sessions. */
  places: SharedPlaces;
  /** Places of open requests; those of connections without a token are counted under {@link STRANGERS}. */
  openRequests: SharedPlaces;
  /** Places of large requests. */
  largeRequests: Semaphore;
  rates: Rates;
  unauthenticated: Unauthenticated;
  /** Limits the events about refused connections without a token. */
  refusals: Throttle;
}

/** Requests whose answer can carry a refusal, by their number on the wire. */
const REFUSABLE: ReadonlyMap<number, EndpointRequest['type']> = new Map([
  [1, 'put-metrics'],
  [3, 'put-network-diagnostics'],
  [4, 'grant-cap'],
  [5, 'name-endpoint'],
  [6, 'set-group'],
  [7, 'set-attributes'],
]);
const AUTH_VARIANT = 0;
const METRICS_VARIANT = 1;
/** All connections without a token share this name for their places; others use the id of their API secret. */
const STRANGERS = '';
/** Our own reasons: the first with 400, the second with 503. */
const REASON_TOO_MANY_REQUESTS = 'Too many requests';
const REASON_TOO_MANY = 'Too many connections';

/** What a session may do, and whose it is. */
type SessionAuthorisation = Authorisation & { project: ProjectId };

/** One connection of an endpoint to the platform, from its first request to its end. */
export class EndpointSession {
  readonly #connection: Connection;
  readonly #shared: SessionContext;
  readonly #requests: Omit<RequestContext, 'project'>;
  readonly #places = new Semaphore(MAX_STREAMS_PER_SESSION);
  #authorisation: SessionAuthorisation | null = null;
  /** Whether an `Auth` came on this connection. It may still come if an earlier connection's `Auth` was accepted. */
  #hasShownToken = false;
  /** When its address was looked at last, and what it was. */
  #seenAt = Number.NEGATIVE_INFINITY;
  #address = '';
  /** Requests that wait for their turn or are being served. */
  #openStreams = 0;
  /** Requests under way that began before a token was shown. */
  #strangersStreams = 0;

  constructor(connection: Connection, shared: SessionContext) {
    this.#connection = connection;
    this.#shared = shared;
    const { endpoint, store, clock, events } = shared;
    const ids = { endpointId: connection.remoteId, platformId: endpoint.id };
    const labels = shared.rates.labels(connection.remoteId);
    this.#requests = { ...ids, store, clock, events, labels };
  }

  /** Serves the connection until it ends or `signal` fires. Never rejects. */
  async serve(signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    connection.refuseUniStreams();
    const ended = linkedAbort(signal);
    const authTimer = setTimeout(() => {
      if (this.#authorisation === null)
        this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, 'no token in time');
    }, AUTH_TIMEOUT_MS);
    try {
      await this.#recall(ended.signal);
      if (this.#authorisation === null) this.#shared.unauthenticated.enter(this.#leaveUnauthenticated);
      await this.#acceptStreams(ended.signal);
    } catch (error) {
      if (connection.closeReason === null && !signal.aborted) {
        this.#shared.events.emit({ type: 'warning', message: `a session failed: ${messageOf(error)}` });
      }
    } finally {
      clearTimeout(authTimer);
      this.#shared.unauthenticated.leave(this.#leaveUnauthenticated);
      this.#leavePlace();
      ended.abort();
      ended.release();
      connection.close(CLOSE_NORMAL);
      await this.#leave();
    }
  }

  /** The official client does not authenticate again after a reconnect, so the token of its last `Auth` still counts. */
  async #recall(signal: AbortSignal): Promise<void> {
    const { store } = this.#shared;
    const known = await store.lastAuthorisation(this.#connection.remoteId);
    if (known === null || (await this.#whyNot(known)) !== null) return;
    await this.#enter(known, signal);
  }

  async #acceptStreams(signal: AbortSignal): Promise<void> {
    while (this.#connection.closeReason === null) {
      const stream = await this.#connection.acceptStream({ signal });
      // An authorised endpoint's requests may wait in a queue; a connection without a token only needs one.
      if (this.#authorisation === null && this.#strangersStreams === MAX_STREAMS_PER_STRANGER)
        this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, 'too many requests without a token');
      if (this.#openStreams === MAX_OPEN_STREAMS_PER_SESSION)
        this.#refuse(CLOSE_BAD_REQUEST, REASON_TOO_MANY_REQUESTS, 'too many requests at once');
      const close = this.#countOpen();
      void this.#inTurn(() => this.#serveStream(stream, signal), signal).finally(close);
    }
  }

  /** Counts one more open request. @returns ends the counting */
  #countOpen(): () => void {
    const { openRequests } = this.#shared;
    const holder = this.#holder;
    const giveWay = () =>
      void this.#refuse(
        CLOSE_BAD_REQUEST,
        REASON_TOO_MANY_REQUESTS,
        'too many requests of its API secret at once',
      );
    this.#openStreams += 1;
    openRequests.enter(holder, giveWay);
    return () => {
      this.#openStreams -= 1;
      openRequests.leave(holder, giveWay);
    };
  }

  get #holder(): string {
    return this.#authorisation?.issuer ?? STRANGERS;
  }

  /** Never rejects. */
  async #inTurn(serve: () => Promise<void>, signal: AbortSignal): Promise<void> {
    try {
      const wait = this.#turn();
      if (wait > 0) await systemSleep(wait, signal);
      await this.#places.run(serve, signal);
    } catch {
      // The session ended before the request had its turn.
    }
  }

  #turn(): number {
    return this.#shared.rates.turn(this.#connection.remoteId, this.#authorisation?.issuer ?? null);
  }

  async #serveStream(stream: BiStream, signal: AbortSignal): Promise<void> {
    const isStranger = this.#authorisation === null;
    if (isStranger) this.#strangersStreams += 1;
    try {
      const wait = { signal, timeoutMs: REQUEST_TIMEOUT_MS };
      const maxSize = isStranger ? MAX_UNAUTHORISED_REQUEST : MAX_REQUEST;
      const head = await readHead(stream, { ...wait, maxSize });
      const refusal = this.#refuseSize(head);
      const answer = refusal ?? (await this.#readAndAnswer(stream, head, signal));
      if (answer === null) abandon(stream);
      else await respond(stream, answer, wait);
      if (refusal !== null) await linger(stream, signal);
    } catch (error) {
      abandon(stream);
      this.#streamFailed(error);
    } finally {
      if (isStranger) this.#strangersStreams -= 1;
    }
  }

  /** Before reading and decoding, which are expensive for a large request. @returns the refusal, or `null` */
  #refuseSize({ length, first }: RequestHead): Uint8Array | null {
    for (let size = RATE_TURN_SIZE; size < length; size += RATE_TURN_SIZE) this.#turn();
    if (length <= LARGE_REQUEST || first === METRICS_VARIANT) return null;
    const type = REFUSABLE.get(first ?? -1);
    if (type === undefined) return null;
    return refuseRequest(type, `a request of this kind has at most ${LARGE_REQUEST} bytes`, this.#requests);
  }

  async #readAndAnswer(stream: BiStream, head: RequestHead, signal: AbortSignal): Promise<Uint8Array | null> {
    const isLarge = head.length > LARGE_REQUEST;
    const release = isLarge ? await this.#shared.largeRequests.take(signal, this.#holder) : () => {};
    try {
      const body = await readBody(stream, head, { signal, timeoutMs: REQUEST_TIMEOUT_MS });
      return await this.#answer(body, signal);
    } finally {
      release();
    }
  }

  #streamFailed(error: unknown): void {
    if (this.#authorisation === null) this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, messageOf(error));
    else if (hasCode(error, 'ERR_MESSAGE_TOO_LARGE'))
      this.#refuse(CLOSE_TOO_LARGE, 'Too large', messageOf(error));
    // A pending native read only ends with its connection, so that is closed. Other broken streams do no harm.
    else if (hasCode(error, 'ERR_TIMEOUT')) this.#refuse(CLOSE_NORMAL, 'Too slow', messageOf(error));
  }

  /** @returns the answer; `null` if none is sent */
  async #answer(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
    let request: ServicesRequest;
    try {
      request = decodeServicesRequest(body);
    } catch (error) {
      return this.#answerUnreadable(body[0], error);
    }
    if (request.type === 'auth') return this.#authenticate(request.token, signal);
    if (this.#authorisation === null) {
      return this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, `${request.type} before a token`);
    }
    // Checked each time: a session may last longer than its token or its API secret is valid.
    const why = await this.#whyNot(this.#authorisation);
    if (why !== null) return this.#refuse(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED, why);
    this.#shared.places.used(this.#authorisation.issuer, this.#giveWay);
    const { project } = this.#authorisation;
    const answer = await answerRequest(request, { ...this.#requests, project });
    await this.#noteAddress(request.type === 'grant-cap');
    return answer;
  }

  #answerUnreadable(variant: number | undefined, error: unknown): Uint8Array | null {
    if (this.#authorisation === null) {
      return variant === AUTH_VARIANT
        ? this.#refuse(CLOSE_UNAUTHORIZED, REASON_UNAUTHORIZED, messageOf(error))
        : this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, messageOf(error));
    }
    const type = REFUSABLE.get(variant ?? -1);
    if (type !== undefined) return refuseRequest(type, messageOf(error), this.#requests);
    const { endpointId, events } = this.#requests;
    events.emit({ type: 'request-refused', endpointId, request: 'unknown', why: messageOf(error) });
    return null;
  }

  async #authenticate(token: Token, signal: AbortSignal): Promise<Uint8Array | null> {
    const { store, clock } = this.#shared;
    if (this.#hasShownToken) return this.#refuse(CLOSE_BAD_REQUEST, REASON_UNEXPECTED_AUTH, 'a second Auth');
    this.#hasShownToken = true;
    const endpointId = this.#connection.remoteId;
    const secret = await store.apiSecret(token.issuer);
    const why = refuseClientToken(token, { endpointId, secret, nowSeconds: nowSeconds(clock) });
    if (why !== null) {
      const isLong = isExpired(token.expiresAt, nowSeconds(clock) - LONG_EXPIRED_SECONDS);
      const reason = why === TOKEN_EXPIRED && isLong ? reasonExpired(clock.now()) : REASON_UNAUTHORIZED;
      return this.#refuse(CLOSE_UNAUTHORIZED, reason, why);
    }
    // A token without a secret was refused above.
    const project = secret?.project ?? '';
    const authorisation = { project, issuer: token.issuer, expiresAt: token.expiresAt };
    if (!(await this.#makeRoom(authorisation))) {
      return this.#refuse(
        CLOSE_UNAUTHORIZED,
        REASON_UNAUTHORIZED,
        'the API secret has too many endpoints online',
      );
    }
    const { id: identity } = this.#shared.endpoint;
    await store.authorise({ project, id: endpointId }, authorisation, identity, clock.now());
    return (await this.#enter(authorisation, signal)) ? new Uint8Array(0) : null;
  }

  /**
   * Endpoints without a lasting key come with a new id at each start. If there are too many, the one that was seen
   * longest ago is forgotten.
   * @returns whether there is room
   */
  async #makeRoom({ project, issuer }: SessionAuthorisation): Promise<boolean> {
    const { store, events } = this.#shared;
    const own = await store.endpoint({ project, id: this.#connection.remoteId });
    if (own?.authorisation.issuer === issuer) return true;
    if ((await store.countEndpoints(issuer)) < MAX_ENDPOINTS_PER_SECRET) return true;
    const oldest = await store.oldestOffline(issuer);
    if (oldest === null) return false;
    await store.forgetEndpoint({ project, id: oldest });
    events.emit({ type: 'forgotten', project, endpointId: oldest });
    return true;
  }

  /** @returns whether there was a place for it */
  async #enter(authorisation: SessionAuthorisation, signal: AbortSignal): Promise<boolean> {
    if (this.#connection.closeReason !== null) return false;
    const { places, events, unauthenticated } = this.#shared;
    const before = this.#authorisation;
    this.#leavePlace();
    // The secret of another project: to that one the endpoint is gone.
    if (before !== null && before.project !== authorisation.project) await this.#leave();
    this.#authorisation = authorisation;
    unauthenticated.leave(this.#leaveUnauthenticated);
    if (!places.enter(authorisation.issuer, this.#giveWay)) {
      this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, 'its API secret has more sessions than any other');
      return false;
    }
    void this.#enterPresence(authorisation, signal);
    await this.#noteOpened(authorisation);
    if (before?.project !== authorisation.project) {
      const { project } = authorisation;
      events.emit({ type: 'session-opened', project, endpointId: this.#connection.remoteId });
    }
    return true;
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

  #leavePlace(): void {
    if (this.#authorisation !== null) this.#shared.places.leave(this.#authorisation.issuer, this.#giveWay);
  }

  async #leave(): Promise<void> {
    const { presence, events, store, clock } = this.#shared;
    const ref = this.#ref;
    if (!presence.leave(this.#connection) || ref === null) return;
    await store.sessionClosed(ref, clock.now()).catch(this.#warn);
    events.emit({ type: 'session-closed', project: ref.project, endpointId: ref.id });
  }

  get #ref(): EndpointRef | null {
    const project = this.#authorisation?.project;
    return project === undefined ? null : { project, id: this.#connection.remoteId };
  }

  readonly #warn = (error: unknown) => {
    this.#shared.events.emit({ type: 'warning', message: messageOf(error) });
  };

  async #noteOpened({ project }: SessionAuthorisation): Promise<void> {
    const { endpoint, store, clock } = this.#shared;
    const address = await snapshotAddress(endpoint, this.#connection);
    this.#seenAt = clock.now();
    this.#address = JSON.stringify(address);
    const ref = { project, id: this.#connection.remoteId };
    await store.sessionOpened(ref, endpoint.id, address, this.#seenAt);
  }

  /** Where the endpoint is now, if that has changed since it was looked at last. */
  async #noteAddress(isDue: boolean): Promise<void> {
    const { endpoint, store, clock } = this.#shared;
    const now = clock.now();
    const ref = this.#ref;
    if (ref === null || (!isDue && now - this.#seenAt < ADDRESS_INTERVAL_MS)) return;
    this.#seenAt = now;
    const address = await snapshotAddress(endpoint, this.#connection);
    const known = JSON.stringify(address);
    if (address === null || known === this.#address) return;
    this.#address = known;
    await store.movedTo(ref, address);
  }

  async #whyNot(authorisation: Authorisation): Promise<string | null> {
    const secret = await this.#shared.store.apiSecret(authorisation.issuer);
    return refuseAuthorisation(authorisation, secret, nowSeconds(this.#shared.clock));
  }

  readonly #leaveUnauthenticated = () => {
    this.#refuse(CLOSE_UNAVAILABLE, REASON_TOO_MANY, 'too many others wait without a token');
  };

  readonly #giveWay = () => {
    this.#refuse(
      CLOSE_UNAVAILABLE,
      REASON_TOO_MANY,
      'its API secret has the most sessions, and there are no more places',
    );
  };

  #refuse(code: number, reason: string, why: string): null {
    if (this.#connection.closeReason !== null) return null;
    this.#connection.close(code, reason);
    // With a token the event is always emitted: connections without one must not be able to hide it.
    const suppressed = this.#authorisation === null ? this.#shared.refusals.pass() : 0;
    if (suppressed === null) return null;
    const endpointId = this.#connection.remoteId;
    this.#shared.events.emit({ type: 'session-refused', endpointId, why, suppressed });
    return null;
  }
}

/** Lets the sender of a refused request finish and read the reason. If stopped at once, it would only see the stop. */
async function linger(stream: BiStream, signal: AbortSignal): Promise<void> {
  await systemSleep(REFUSED_LINGER_MS, signal).catch(() => {});
  stream.stop(CLOSE_NORMAL);
}

function abandon(stream: BiStream): void {
  stream.reset(RESET_UNKNOWN_REQUEST);
  stream.stop(RESET_UNKNOWN_REQUEST);
}
