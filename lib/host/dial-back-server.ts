import {
  type Clock,
  type LinkedAbort,
  linkedAbort,
  newAbort,
  nowSeconds,
  onAbort,
  type Sleep,
} from '../async/index.js';
import { hasCode } from '../errors.js';
import type { BiStream, Connection } from '../transport/index.js';
import { CLOSE_UNAVAILABLE, readRequest, respond } from '../transport/index.js';
import {
  CLOSE_NORMAL,
  type ClientHostRequest,
  decodeClientHostRequest,
  type EndpointId,
  REASON_EXPECTED_AUTH,
  REASON_UNEXPECTED_AUTH,
  RESET_UNKNOWN_REQUEST,
  type Token,
} from '../wire/index.js';
import type { Answer } from './answer.js';
import type { AuditEvent, DialBack } from './audit.js';
import { authorise, type Decision, type RefusalReason } from './authorise.js';
import { badRequest, type Closing, faultOf, unauthorised } from './fault.js';
import {
  type HostLimits,
  REASON_BUSY,
  REASON_EXPECTED_REQUEST,
  REASON_SECOND_REQUEST,
  REASON_TOO_MANY_STREAMS,
} from './limits.js';
import type { Revocation } from './revocation.js';

/** What serving one dial-back needs. */
export interface DialBackParts {
  endpointId: EndpointId;
  revocation: Pick<Revocation, 'revokedUntil' | 'refresh'>;
  clock: Clock;
  sleep: Sleep;
  limits: HostLimits;
  /** Makes the answer to a caller whose token was accepted. Rejects only when `signal` fires. */
  answer(caller: DialBack, token: Token, signal: AbortSignal): Promise<Answer>;
}

/** How a dial-back ended: the part of the audit event that only the server of this dial-back knows. */
export type DialBackResult = Pick<AuditEvent, 'outcome' | 'why' | 'tokenExpiresAt' | 'error'>;

/** If the caller closes in the phase `responding`, it has probably read the whole answer. */
type Phase = 'auth' | 'request' | 'working' | 'responding' | 'answered' | 'over';

/** Nothing failed on this side. Also used after an answer; the outcome then stays that of the answer. */
const ABORTED: Closing = { outcome: 'aborted', code: CLOSE_NORMAL, reason: '' };
const timedOut = (reason: string): Closing => ({ ...badRequest(reason), outcome: 'timed-out' });

const BUSY: Closing = { outcome: 'busy', code: CLOSE_UNAVAILABLE, reason: REASON_BUSY };

const NOTHING = new Uint8Array(0);

/**
 * Serves one connection: `Auth`, one request, its answer; then waits for the caller to close. Streams are read at the
 * same time, since a stream that was opened and never used may come before the used ones.
 */
export class DialBackServer {
  readonly #connection: Connection;
  readonly #parts: DialBackParts;
  /** Fires when the dial-back is over, and ends every wait. */
  readonly #work = newAbort();
  readonly #routerSignal: AbortSignal;
  #phase: Phase = 'auth';
  #grant: { token: Token; expiresAt: number } | null = null;
  #deadline: LinkedAbort | null = null;
  #openStreams = 0;
  /** Set once the answer was delivered: what happens to the connection later does not change the result. */
  #answered: DialBackResult | null = null;
  #finish: (result: DialBackResult) => void = () => {};

  constructor(connection: Connection, parts: DialBackParts, signal: AbortSignal) {
    this.#connection = connection;
    this.#parts = parts;
    this.#routerSignal = signal;
  }

  /** Resolves when the connection is closed. Never rejects. */
  async serve(): Promise<DialBackResult> {
    const result = new Promise<DialBackResult>((resolve) => {
      this.#finish = resolve;
    });
    const forget = onAbort(this.#routerSignal, () => {
      // An answer that is being sent may still arrive; the router ends the connection if it takes too long.
      if (this.#phase !== 'responding') this.#end(ABORTED);
    });
    void this.#connection.closed().then(() => this.#callerLeft());
    this.#expect(this.#parts.limits.authTimeoutMs, timedOut(REASON_EXPECTED_AUTH));
    void this.#acceptStreams();
    try {
      return await result;
    } finally {
      forget();
    }
  }

  /** Ends the dial-back if it has shown no token yet. @returns whether it did */
  giveWay(): boolean {
    if (this.#phase !== 'auth') return false;
    this.#end(BUSY);
    return true;
  }

  async #acceptStreams(): Promise<void> {
    const { signal } = this.#work;
    while (!signal.aborted) {
      let stream: BiStream;
      try {
        stream = await this.#connection.acceptStream({ signal });
      } catch {
        this.#callerLeft();
        return;
      }
      if (this.#openStreams >= this.#parts.limits.maxStreams) this.#end(badRequest(REASON_TOO_MANY_STREAMS));
      else void this.#serveStream(stream);
    }
  }

  async #serveStream(stream: BiStream): Promise<void> {
    this.#openStreams += 1;
    try {
      const request = await this.#read(stream);
      if (request !== null && this.#phase !== 'over') await this.#obey(request, stream);
    } finally {
      this.#openStreams -= 1;
    }
  }

  /** @returns the request; `null` when nothing is left to do with this stream */
  async #read(stream: BiStream): Promise<ClientHostRequest | null> {
    try {
      // No own time limit: the connection's deadlines end a stream that stays silent.
      const body = await readRequest(stream, {
        maxSize: this.#parts.limits.maxRequestSize,
        signal: this.#work.signal,
        timeoutMs: Number.POSITIVE_INFINITY,
      });
      return decodeClientHostRequest(body);
    } catch (error) {
      const fault = faultOf(error, this.#phase === 'auth');
      if (fault === 'reset-stream') {
        stream.reset(RESET_UNKNOWN_REQUEST);
        stream.stop(RESET_UNKNOWN_REQUEST);
      } else if (fault === 'caller-left') this.#callerLeft();
      else this.#end(fault);
      return null;
    }
  }

  async #obey(request: ClientHostRequest, stream: BiStream): Promise<void> {
    if (request.type === 'auth') await this.#authenticate(request.token, stream);
    else if (this.#grant === null) this.#end(badRequest(REASON_EXPECTED_AUTH));
    else if (this.#phase === 'request') await this.#answer(this.#grant, stream);
    else this.#end(badRequest(REASON_SECOND_REQUEST));
  }

  async #authenticate(token: Token, stream: BiStream): Promise<void> {
    if (this.#phase !== 'auth') return this.#end(badRequest(REASON_UNEXPECTED_AUTH));
    const { revocation, limits } = this.#parts;
    let decision = this.#decide(token);
    if (decision.ok) {
      // Only for a token that is valid otherwise: a caller without one must not make us read a file.
      try {
        await revocation.refresh();
      } catch (error) {
        return this.#end({ ...unauthorised('revoked'), error });
      }
      if (this.#isOver()) return;
      if (this.#grant !== null) return this.#end(badRequest(REASON_UNEXPECTED_AUTH));
      decision = this.#decide(token);
    }
    if (!decision.ok) return this.#end(unauthorised(decision.why));
    this.#grant = { token, expiresAt: decision.expiresAt };
    this.#phase = 'request';
    this.#expect(limits.requestTimeoutMs, timedOut(REASON_EXPECTED_REQUEST));
    // If it did not arrive, the caller sends no request, and the deadline ends the dial-back.
    await respond(stream, NOTHING, { signal: this.#work.signal }).catch(() => {});
  }

  #decide(token: Token): Decision {
    const { endpointId, revocation, clock } = this.#parts;
    return authorise(token, {
      endpointId,
      remoteId: this.#connection.remoteId,
      nowSeconds: nowSeconds(clock),
      revokedUntil: revocation.revokedUntil,
    });
  }

  async #answer(grant: { token: Token; expiresAt: number }, stream: BiStream): Promise<void> {
    const { answer, limits } = this.#parts;
    this.#phase = 'working';
    this.#deadline?.abort();
    let made: Answer;
    try {
      const caller = { remoteId: this.#connection.remoteId, tokenExpiresAt: grant.expiresAt };
      made = await answer(caller, grant.token, this.#work.signal);
    } catch {
      return this.#end(ABORTED);
    }
    if (this.#isOver()) return;
    this.#phase = 'responding';
    const isDelivered = await this.#deliver(stream, made.body);
    if (this.#isOver()) return;
    if (isDelivered) this.#answered = this.#result(made.outcome, null, made.error);
    this.#phase = 'answered';
    const isStopping = this.#routerSignal.aborted;
    if (this.#connection.closeReason !== null || !isDelivered || isStopping) return this.#end(ABORTED);
    this.#expect(limits.closeWaitMs, ABORTED);
  }

  async #deliver(stream: BiStream, body: Uint8Array): Promise<boolean> {
    const wait = { signal: this.#work.signal, timeoutMs: this.#parts.limits.closeWaitMs };
    try {
      await respond(stream, body, wait);
      return true;
    } catch (error) {
      // Callers in Rust drop a stream after reading the message, before they have seen its end.
      return hasCode(error, 'ERR_STREAM');
    }
  }

  #expect(ms: number, otherwise: Closing): void {
    this.#deadline?.abort();
    const deadline = linkedAbort(this.#work.signal);
    this.#deadline = deadline;
    void this.#parts.sleep(ms, deadline.signal).then(
      () => this.#end(otherwise),
      () => deadline.release(),
    );
  }

  #callerLeft(): void {
    // While the answer is being sent, only the stream knows whether it arrived.
    if (this.#phase !== 'responding') this.#end(ABORTED);
  }

  /** Only the first call has an effect. */
  #end({ outcome, code, reason, why, error }: Closing): void {
    if (this.#isOver()) return;
    this.#phase = 'over';
    this.#connection.close(code, reason);
    this.#work.abort();
    this.#finish(this.#answered ?? this.#result(outcome, why ?? null, error));
  }

  #isOver(): boolean {
    return this.#phase === 'over';
  }

  #result(outcome: AuditEvent['outcome'], why: RefusalReason | null, error?: unknown): DialBackResult {
    const tokenExpiresAt = this.#grant?.expiresAt ?? null;
    return { outcome, why, tokenExpiresAt, ...(error === undefined ? {} : { error }) };
  }
}
