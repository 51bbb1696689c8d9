import { type Clock, linkedAbort, newAbort, notify, type Sleep, sleepUntil } from '../async/index.js';
import type { RemoteFailure } from '../wire/index.js';
import { retryDelay } from './backoff.js';
import type { Generation, LabelRequest } from './generation.js';
import type { ClientLimits } from './limits.js';
import type { OnlineSession } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** Whether the platform has taken a label: the endpoint's name, its group, or its attributes. */
export type LabelState =
  /** There is no value to send. */
  | { state: 'unset' }
  /** It is sent as soon as the session is online. `why`: the platform's last answer, if that was "not now". */
  | { state: 'pending'; why: string | null }
  /** The platform has confirmed it on the current connection, or on the last one. */
  | { state: 'taken' }
  /** The platform does not accept this value: it is not sent again. */
  | { state: 'refused'; why: string }
  /** The platform is older than this request: it is not sent again before the next start. */
  | { state: 'unsupported' };

/** What all labels of an endpoint share. */
export interface LabelContext {
  generation: Generation;
  limits: ClientLimits;
  clock: Clock;
  sleep: Sleep;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  /** Called when the platform does not accept a value; what it throws is ignored. */
  onRefused(request: LabelRequest['type'], error: RemoteError): void;
  /** Called when a state has changed; what it throws is ignored. */
  onState(): void;
}

/** A caller of {@link Label.set} who waits for the first answer that decides. */
interface Waiter {
  resolve(state: LabelState): void;
  reject(error: Error): void;
}

/** One description of the endpoint (name, group, attributes): sent on every new connection, and when it changes. */
export class Label<T> {
  readonly #context: LabelContext;
  readonly #request: (value: T) => LabelRequest;
  #value: T | null;
  #state: LabelState;
  #session: OnlineSession | null = null;
  #waiters: Waiter[] = [];
  /** Ends the current sending. */
  #endWork: () => void = () => {};

  /** @param value - `null`: nothing is sent */
  constructor(context: LabelContext, value: T | null, request: (value: T) => LabelRequest) {
    this.#context = context;
    this.#request = request;
    this.#value = value;
    this.#state = value === null ? { state: 'unset' } : { state: 'pending', why: null };
  }

  get value(): T | null {
    return this.#value;
  }

  get state(): LabelState {
    return this.#state;
  }

  /** Sends it on a new connection, until the platform takes it or the connection ends. */
  async online(session: OnlineSession): Promise<void> {
    this.#session = session;
    if (this.#value === null || this.#state.state === 'refused') return;
    await this.#send(this.#value, session);
  }

  /**
   * Replaces the value. Resolves when the platform has taken it; at once if there is no connection.
   * @throws RemoteError when the platform refuses it
   */
  set(value: T): Promise<LabelState> {
    this.#endWork();
    this.#value = value;
    this.#set({ state: 'pending', why: null });
    const session = this.#session;
    if (session === null || session.signal.aborted) {
      this.#settle((waiter) => waiter.resolve(this.#state));
      return Promise.resolve(this.#state);
    }
    const settled = new Promise<LabelState>((resolve, reject) => this.#waiters.push({ resolve, reject }));
    // The session reports why the connection ended.
    this.#send(value, session).catch(() => {});
    return settled;
  }

  async #send(value: T, session: OnlineSession): Promise<void> {
    this.#endWork();
    const replaced = newAbort();
    this.#endWork = () => replaced.abort();
    const work = linkedAbort(session.signal, replaced.signal);
    try {
      await this.#untilDecided(this.#request(value), session, work.signal, replaced.signal);
    } finally {
      work.release();
      // Also if the connection ended before: the value is kept, and sent on the next one.
      if (!replaced.signal.aborted) this.#settle((waiter) => waiter.resolve(this.#state));
    }
  }

  async #untilDecided(
    request: LabelRequest,
    session: OnlineSession,
    signal: AbortSignal,
    replaced: AbortSignal,
  ): Promise<void> {
    const { generation, sleep, random, limits, clock } = this.#context;
    for (let attempt = 0; ; attempt += 1) {
      if (generation.isOld(request)) return this.#set({ state: 'unsupported' });
      const due = generation.notBefore(request);
      // No `await` if it is due: in another turn of the event loop another request would be sent first.
      if (due > clock.now()) await sleepUntil(due, clock, sleep, signal);
      const failure = await this.#attempt(request, session, replaced);
      if (failure === null) return;
      await sleep(retryDelay(failure, attempt, random(), limits), signal);
    }
  }

  /**
   * @param replaced - fires when there is a newer value. The end of the connection does not abort the request: the
   * request's own error shows whether the platform knows it
   * @returns why to try again; `null` when it is decided
   */
  async #attempt(
    request: LabelRequest,
    session: OnlineSession,
    replaced: AbortSignal,
  ): Promise<RemoteFailure | null> {
    const { generation, onRefused } = this.#context;
    let isSent = false;
    try {
      await session.request(request, {
        signal: replaced,
        onSent: () => {
          isSent = true;
        },
      });
      replaced.throwIfAborted();
      this.#set({ state: 'taken' });
      return null;
    } catch (error) {
      if (replaced.aborted) throw error;
      if (error instanceof RemoteError) {
        notify(onRefused, request.type, error);
        return this.#refused(error);
      }
      if (!isSent || !generation.blame(request, error)) throw error;
      if (!generation.isOld(request)) return { kind: 'internal-server-error' };
      this.#set({ state: 'unsupported' });
      return null;
    }
  }

  #refused(error: RemoteError): RemoteFailure | null {
    const isFinal = error.failure.kind === 'invalid-input';
    this.#set(isFinal ? { state: 'refused', why: error.message } : { state: 'pending', why: error.message });
    // "Asked too often" ends by itself, so the callers keep waiting.
    if (error.failure.kind !== 'rate-limited') this.#settle((waiter) => waiter.reject(error));
    return isFinal ? null : error.failure;
  }

  #settle(tell: (waiter: Waiter) => void): void {
    for (const waiter of this.#waiters.splice(0)) tell(waiter);
  }

  #set(state: LabelState): void {
    this.#state = state;
    notify(this.#context.onState);
  }
}
