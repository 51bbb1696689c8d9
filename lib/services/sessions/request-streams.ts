/** The streams of one connection: whose turn each is, how much it may bring, and how its answer is sent. */
import { Semaphore, systemSleep } from '../../async/index.js';
import { hasCode, messageOf } from '../../errors.js';
import {
  type BiStream,
  type Connection,
  type RequestHead,
  readBody,
  readHead,
  sendAnswer,
} from '../../transport/index.js';
import {
  CLOSE_BAD_REQUEST,
  CLOSE_NORMAL,
  CLOSE_TOO_LARGE,
  type EndpointId,
  REASON_EXPECTED_AUTH,
  RESET_UNKNOWN_REQUEST,
} from '../../wire/index.js';
import {
  LARGE_REQUEST,
  MAX_OPEN_STREAMS_PER_SESSION,
  MAX_REQUEST,
  MAX_STREAMS_PER_SESSION,
  MAX_STREAMS_PER_STRANGER,
  MAX_UNAUTHORISED_REQUEST,
  REFUSED_LINGER_MS,
  REQUEST_TIMEOUT_MS,
  SMALL_REQUEST,
} from '../constants.js';
import type { Rates } from './rates.js';
import type { Refuse } from './refusal.js';
import type { SharedPlaces } from './shared-places.js';

/** What the streams of all connections share. Places are counted by API secret. */
export interface StreamContext {
  /** Places of requests that have not arrived whole; those of connections without a token count as one secret's. */
  openRequests: SharedPlaces;
  /** Places of large requests. */
  largeRequests: Semaphore;
  rates: Rates;
}

/** The session that its streams belong to. */
export interface StreamOwner {
  /** The API secret whose token it has shown; `null`: none yet. */
  readonly issuer: EndpointId | null;
  /** @returns why a request of this kind and size is refused, encoded; `null`: it is not */
  refuseSize(head: RequestHead): Uint8Array | null;
  /** @returns the answer; `null` if none is sent */
  answer(body: Uint8Array, signal: AbortSignal): Promise<Uint8Array | null>;
}

/** All connections without a token share this name for their places; others use the id of their API secret. */
const STRANGERS = '';
/** Our own reason, with 400. */
const REASON_TOO_MANY_REQUESTS = 'Too many requests';

/** Takes the requests of one connection. */
export class RequestStreams {
  readonly #connection: Connection;
  readonly #shared: StreamContext;
  readonly #owner: StreamOwner;
  readonly #refuse: Refuse;
  readonly #places = new Semaphore(MAX_STREAMS_PER_SESSION);
  /** Requests that wait for their turn or are being served. */
  #open = 0;
  /** Those of them that began before a token was shown. */
  #strangers = 0;
  #bytesRead = 0;

  constructor(connection: Connection, shared: StreamContext, owner: StreamOwner, refuse: Refuse) {
    this.#connection = connection;
    this.#shared = shared;
    this.#owner = owner;
    this.#refuse = refuse;
  }

  /** Of the requests that arrived whole. */
  get bytesRead(): number {
    return this.#bytesRead;
  }

  /** Serves requests until the connection ends. @throws when it has ended, or `signal` fires */
  async serve(signal: AbortSignal): Promise<void> {
    while (this.#connection.closeReason === null) {
      const stream = await this.#connection.acceptStream({ signal });
      // An authorised endpoint's requests may wait in a queue; a connection without a token only needs one.
      if (this.#owner.issuer === null && this.#strangers === MAX_STREAMS_PER_STRANGER)
        this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, 'too many requests without a token');
      if (this.#open === MAX_OPEN_STREAMS_PER_SESSION)
        this.#refuse(CLOSE_BAD_REQUEST, REASON_TOO_MANY_REQUESTS, 'too many requests at once');
      void this.#serveStream(stream, signal);
    }
  }

  /** Counts one more request that is waited for: QUIC keeps what is not read. @returns ends the counting */
  #countArriving(): () => void {
    const { openRequests } = this.#shared;
    const holder = this.#holder;
    const giveWay = () =>
      void this.#refuse(
        CLOSE_BAD_REQUEST,
        REASON_TOO_MANY_REQUESTS,
        'too many requests of its API secret at once',
      );
    openRequests.enter(holder, giveWay);
    return () => openRequests.leave(holder, giveWay);
  }

  get #holder(): string {
    return this.#owner.issuer ?? STRANGERS;
  }

  /** Never rejects. */
  async #serveStream(stream: BiStream, signal: AbortSignal): Promise<void> {
    const isStranger = this.#owner.issuer === null;
    this.#open += 1;
    if (isStranger) this.#strangers += 1;
    try {
      const maxSize = isStranger ? MAX_UNAUTHORISED_REQUEST : MAX_REQUEST;
      const { head, body } = await this.#readBegin(stream, maxSize, signal);
      // Before reading and decoding, which are expensive for a large request.
      const refusal = this.#owner.refuseSize(head);
      const bytes = refusal === null ? head.length : 0;
      await this.#wait((rates, issuer) => rates.turn(this.#connection.remoteId, issuer, bytes), signal);
      await this.#places.run(async () => {
        const answer = refusal ?? (await this.#answer(stream, head, body, signal));
        if (answer === null) abandon(stream);
        else await sendAnswer(stream, answer, { signal, timeoutMs: REQUEST_TIMEOUT_MS });
        if (refusal !== null) await linger(stream, signal);
      }, signal);
    } catch (error) {
      abandon(stream);
      this.#failed(error);
    } finally {
      this.#open -= 1;
      if (isStranger) this.#strangers -= 1;
    }
  }

  /**
   * A small request is read whole before it waits for its turn: then it occupies nothing, however many of a fleet wait. Of
   * a larger one only the head.
   */
  async #readBegin(
    stream: BiStream,
    maxSize: number,
    signal: AbortSignal,
  ): Promise<{ head: RequestHead; body: Uint8Array | null }> {
    const arrived = this.#countArriving();
    try {
      const wait = { signal, timeoutMs: REQUEST_TIMEOUT_MS };
      const head = await readHead(stream, { ...wait, maxSize });
      if (head.length > SMALL_REQUEST) return { head, body: null };
      return { head, body: await this.#readBody(stream, head, signal) };
    } finally {
      arrived();
    }
  }

  async #answer(
    stream: BiStream,
    head: RequestHead,
    body: Uint8Array | null,
    signal: AbortSignal,
  ): Promise<Uint8Array | null> {
    if (body !== null) return this.#owner.answer(body, signal);
    const isLarge = head.length > LARGE_REQUEST;
    const release = isLarge ? await this.#shared.largeRequests.take(signal, this.#holder) : () => {};
    try {
      return await this.#owner.answer(await this.#readRest(stream, head, signal), signal);
    } finally {
      release();
    }
  }

  async #readRest(stream: BiStream, head: RequestHead, signal: AbortSignal): Promise<Uint8Array> {
    const arrived = this.#countArriving();
    try {
      return await this.#readBody(stream, head, signal);
    } finally {
      arrived();
    }
  }

  async #readBody(stream: BiStream, head: RequestHead, signal: AbortSignal): Promise<Uint8Array> {
    const body = await readBody(stream, head, { signal, timeoutMs: REQUEST_TIMEOUT_MS });
    this.#bytesRead += head.length;
    void this.#waitForEnd(stream, signal);
    return body;
  }

  /** Counts it until nothing more can come: its end has come, or its sender was told to stop. Never rejects. */
  async #waitForEnd(stream: BiStream, signal: AbortSignal): Promise<void> {
    const arrived = this.#countArriving();
    const more = await stream.read(1, { signal, timeoutMs: REQUEST_TIMEOUT_MS }).catch(() => null);
    if (more !== null) stream.stop(CLOSE_NORMAL);
    arrived();
  }

  /** Without a token there is one request, which counts when it has shown whose it is: ids cost a stranger nothing. */
  async #wait(reserve: (rates: Rates, issuer: EndpointId) => number, signal: AbortSignal): Promise<void> {
    const { issuer } = this.#owner;
    const ms = issuer === null ? 0 : reserve(this.#shared.rates, issuer);
    if (ms > 0) await systemSleep(ms, signal);
  }

  #failed(error: unknown): void {
    if (hasCode(error, 'ERR_ABORTED')) return;
    if (this.#owner.issuer === null) this.#refuse(CLOSE_BAD_REQUEST, REASON_EXPECTED_AUTH, messageOf(error));
    else if (hasCode(error, 'ERR_MESSAGE_TOO_LARGE'))
      this.#refuse(CLOSE_TOO_LARGE, 'Too large', messageOf(error));
    // A pending native read only ends with its connection, so that is closed. Other broken streams do no harm.
    else if (hasCode(error, 'ERR_TIMEOUT')) this.#refuse(CLOSE_NORMAL, 'Too slow', messageOf(error));
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
