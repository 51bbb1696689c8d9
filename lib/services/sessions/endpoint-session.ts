import { linkedAbort, type Throttle } from '../../async/index.js';
import { hasCode, messageOf } from '../../errors.js';
import { CLOSE_UNAVAILABLE, type Connection, type RequestHead } from '../../transport/index.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_NORMAL,
  CLOSE_UNAUTHORIZED,
  decodeServicesRequest,
  REASON_EXPECTED_AUTH,
  REASON_UNAUTHORIZED,
  type ServicesRequest,
  type Token,
} from '../../wire/index.js';
import { AUTH_TIMEOUT_MS, LARGE_REQUEST } from '../constants.js';
import type { Witness } from '../witness/index.js';
import { REASON_FAILED } from './refusal.js';
import { RequestStreams, type StreamContext, type StreamOwner } from './request-streams.js';
import { answerRequest, type EndpointRequest, type RequestContext, refuseRequest } from './requests.js';
import { type RightsContext, SessionRights } from './session-rights.js';
import type { UnreadStreams } from './unread-streams.js';

/** What all sessions share. */
export interface SessionContext extends StreamContext, RightsContext {
  unread: UnreadStreams;
  witness: Pick<Witness, 'sighting'>;
  /** Limits the events about refused connections without a token. */
  refusals: Throttle;
  /** Reports that are kept of an endpoint. */
  keepReports: number;
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

/** One connection of an endpoint to the platform, from its first request to its end. */
export class EndpointSession implements StreamOwner {
  readonly #connection: Connection;
  readonly #shared: SessionContext;
  readonly #requests: Omit<RequestContext, 'project'>;
  readonly #rights: SessionRights;
  readonly #streams: RequestStreams;

  constructor(connection: Connection, shared: SessionContext) {
    this.#connection = connection;
    this.#shared = shared;
    const { endpoint, store, clock, events, rates, keepReports, witness } = shared;
    const ids = { endpointId: connection.remoteId, platformId: endpoint.id };
    const see: RequestContext['see'] = (report) => witness.sighting(report, connection);
    this.#requests = { ...ids, store, clock, events, rates, keepReports, see };
    this.#rights = new SessionRights(connection, shared, this.#refuse);
    this.#streams = new RequestStreams(connection, shared, this, this.#refuse);
  }

  get issuer() {
    return this.#rights.issuer;
  }

  /** Serves the connection until it ends or `signal` fires. Never rejects. */
  async serve(signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    const { unread, events } = this.#shared;
    unread.enter(connection, () => this.#streams.bytesRead);
    const ended = linkedAbort(signal);
    const authTimer = setTimeout(() => {
      if (this.issuer === null) this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, 'no token in time');
    }, AUTH_TIMEOUT_MS);
    try {
      await this.#rights.recall(ended.signal);
      await this.#streams.serve(ended.signal);
    } catch (error) {
      if (connection.closeReason === null && !signal.aborted) {
        events.emit({ type: 'warning', message: `a session failed: ${messageOf(error)}` });
      }
    } finally {
      clearTimeout(authTimer);
      unread.leave(connection);
      ended.abort();
      ended.release();
      connection.close(CLOSE_NORMAL);
      await this.#rights.end();
    }
  }

  refuseSize({ length, first }: RequestHead): Uint8Array | null {
    if (length <= LARGE_REQUEST || first === METRICS_VARIANT) return null;
    const type = REFUSABLE.get(first ?? -1);
    if (type === undefined) return null;
    return refuseRequest(type, `a request of this kind has at most ${LARGE_REQUEST} bytes`, this.#requests);
  }

  async answer(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null> {
    let request: ServicesRequest;
    try {
      request = decodeServicesRequest(body);
    } catch (error) {
      return this.#answerUnreadable(body[0], error);
    }
    if (request.type === 'auth') {
      return this.#authenticate(request.token, signal);
    }
    if (this.issuer === null) {
      return this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, `${request.type} before a token`);
    }
    const authorisation = await this.#rights.check();
    if (authorisation === null) return null;
    const answer = await answerRequest(request, { ...this.#requests, project: authorisation.project });
    await this.#rights.noteAddress(request.type === 'grant-cap');
    return answer;
  }

  /** What fails here ends the connection: it would keep its place, and may not show its token a second time. */
  async #authenticate(token: Token, signal: AbortSignal): Promise<Uint8Array | null> {
    try {
      return await this.#rights.authenticate(token, signal);
    } catch (error) {
      if (hasCode(error, 'ERR_ABORTED')) throw error;
      return this.#refuse(CLOSE_UNAVAILABLE, REASON_FAILED, messageOf(error));
    }
  }

  #answerUnreadable(variant: number | undefined, error: unknown): Uint8Array | null {
    if (this.issuer === null) {
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

  readonly #refuse = (code: number, reason: string, why: string): null => {
    if (this.#connection.closeReason !== null) return null;
    this.#connection.close(code, reason);
    // With a token the event is always emitted: connections without one must not be able to hide it.
    const suppressed = this.issuer === null ? this.#shared.refusals.pass() : 0;
    if (suppressed === null) return null;
    const endpointId = this.#connection.remoteId;
    this.#shared.events.emit({ type: 'session-refused', endpointId, code, why, suppressed });
    return null;
  };
}
