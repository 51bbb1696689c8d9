import {
  bounded,
  type Clock,
  type ClockJump,
  Condition,
  monotonicMs,
  newAbort,
  noClockJump,
  notify,
  type Sleep,
  scoped,
  sleepOrJump,
  systemClock,
  systemSleep,
} from '../async/index.js';
import { messageOf, NetDiagnosticsError } from '../errors.js';
import type { Connection, Endpoint, WaitOptions } from '../transport/index.js';
import type { ApiSecret } from '../wire/index.js';
import { backoffDelay, jittered } from './backoff.js';
import { clockFault, type Ending, endingOf, failureOf, RENEWAL } from './ending.js';
import {
  type ClientLimits,
  DEFAULT_CLIENT_LIMITS,
  RENEWAL_INTERVAL_MS,
  WAKE_PING_TIMEOUT_MS,
} from './limits.js';
import type { OnlineHook, OnlineSession, UnitRequest } from './online-session.js';
import { PlatformConnection } from './platform-connection.js';
import type { SessionEvent, SessionStatus } from './session-status.js';

/** Options of a {@link Session}. */
export interface SessionOptions {
  endpoint: Endpoint;
  /** Names the platform and signs the client tokens. */
  apiSecret: ApiSecret;
  /** All called at the same time after the `Auth` of each new connection. */
  hooks?: readonly OnlineHook[] | undefined;
  /** Sends the last request when {@link Session.stop} ends a connection that still works. */
  farewell?: OnlineHook | undefined;
  limits?: Partial<ClientLimits> | undefined;
  clock?: Clock | undefined;
  sleep?: Sleep | undefined;
  /** Ends every wait for a next attempt, and causes a ping of a live connection. Default: never. */
  clockJump?: ClockJump | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  /** Called for every connection on which the platform has taken the token; what it throws is ignored. */
  onAuthenticated?: ((connection: Connection) => void) | undefined;
  /** Called on every change; what it throws is ignored. */
  onState?: ((status: SessionStatus) => void) | undefined;
  /** Called for everything that belongs in a log; what it throws is ignored. */
  onEvent?: ((event: SessionEvent) => void) | undefined;
}

/**
 * A connection to the platform that renews itself. It dials, authenticates, runs the hooks, watches the
 * connection with pings, and dials again when it is lost, after a delay that grows. Client tokens are replaced at
 * half of their life, by a new connection.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #limits: ClientLimits;
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  readonly #clockJump: ClockJump;
  readonly #random: () => number;
  readonly #stop = newAbort();
  readonly #hooks = new Set<Promise<void>>();
  readonly #changes = new Condition();
  readonly #checks = new Condition();
  /** Set while those who nap are told to look at once. */
  #isChecking = false;
  #status: SessionStatus;
  #life: Promise<void> | null = null;
  #connection: PlatformConnection | null = null;
  #isRefused = false;
  /** When a connection was last renewed without delay; monotonic milliseconds. */
  #renewedAt = Number.NEGATIVE_INFINITY;
  /** How often in a row another process took our place. */
  #timesReplaced = 0;
  #stopped: Promise<void> | null = null;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#sleep = options.sleep ?? systemSleep;
    this.#clockJump = options.clockJump ?? noClockJump;
    this.#random = options.random ?? Math.random;
    this.#status = { state: 'idle', since: this.#clock.now(), why: null, retryAt: null, latencyMs: null };
  }

  /** The state now (a copy). */
  get status(): SessionStatus {
    return { ...this.#status };
  }

  /** Begins, in the background. Idempotent. @throws `ERR_STATE` after {@link stop} */
  start(): void {
    if (this.#stop.signal.aborted) throw stopped();
    this.#life ??= this.#live();
  }

  /**
   * Ends every wait, lets the request under way finish, sends the last request, and ends the connection: within 3.5 s by
   * default. Idempotent, never rejects; the endpoint stays open.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#leave();
    return this.#stopped;
  }

  async #leave(): Promise<void> {
    this.#stop.abort();
    const connection = this.#connection;
    if (connection !== null) {
      await this.#sayFarewell(connection);
      connection.close('the session was stopped');
    }
    await this.#life;
    await Promise.all(this.#hooks);
    this.#finish();
  }

  /**
   * Looks at once whether the platform still has this session: with a ping if it is online, with a new attempt if it
   * waits for one. For a sign that the platform is there, such as a dial-back: it may be another process with the
   * platform's identity, and this connection may lead to one that has died, which QUIC only notices after half a minute.
   */
  checkNow(): void {
    const { state } = this.#status;
    // A platform that refused us, or has another process in our place, would do so again.
    if (state !== 'online' && state !== 'waiting') return;
    this.#isChecking = true;
    this.#checks.changed();
    this.#isChecking = false;
  }

  /** Waits until the session is online. Default time limit: none. @throws `ERR_STATE` when it stops, `ERR_TIMEOUT`, `ERR_ABORTED` */
  async whenOnline(wait: WaitOptions = {}): Promise<void> {
    if (this.#connection !== null) return;
    if (this.#status.state === 'stopped') throw stopped();
    const isOver = () => this.#connection !== null || this.#status.state === 'stopped';
    await scoped(undefined, ({ signal }) =>
      bounded('waiting for the platform', wait, Number.POSITIVE_INFINITY, (step) =>
        step(this.#changes.until(isOver, signal)),
      ),
    );
    if (this.status.state === 'stopped') throw stopped();
  }

  /**
   * Sends a request and waits for its answer, at most 20 s after it was sent; then the platform counts as hung and the
   * session is renewed. If the caller's own time limit is shorter, the request goes on without the caller.
   * @throws RemoteError when the platform answers with an error; `ERR_STATE` when offline or too many requests wait;
   * `ERR_CONNECTION_CLOSED`, `ERR_STREAM`, `ERR_TIMEOUT`, `ERR_ABORTED` when there is no answer
   */
  async request(request: UnitRequest, wait?: WaitOptions): Promise<void> {
    return this.#online().request(request, wait);
  }

  /** Measures the round trip to the platform, in milliseconds. @throws as {@link request} */
  async ping(wait?: WaitOptions): Promise<number> {
    return this.#online().ping(wait);
  }

  async #sayFarewell(connection: PlatformConnection): Promise<void> {
    const { farewell } = this.#options;
    if (!(await connection.drain()) || farewell === undefined) return;
    const request: OnlineSession['request'] = (last) => connection.farewell(last);
    // The limit includes collecting the values to send, which may take time, too.
    const wait = { timeoutMs: this.#limits.farewellTimeoutMs };
    const last = { signal: this.#stop.signal, request };
    await bounded('the farewell', wait, 0, (step) => step(farewell(last))).catch(() => {
      // The session is stopping, so nothing tries again, and nothing depends on it.
    });
  }

  #online(): PlatformConnection {
    const connection = this.#connection;
    if (connection === null || connection.signal.aborted) {
      throw new NetDiagnosticsError(
        'ERR_STATE',
        `not connected to the platform (${this.#status.state}); try again later`,
      );
    }
    return connection;
  }

  async #live(): Promise<void> {
    let attempt = 0;
    while (!this.#stop.signal.aborted) {
      this.#set({ state: 'connecting', retryAt: null });
      const ending = await this.#oneConnection();
      if (this.#stop.signal.aborted) return;
      if (ending.kind === 'endpoint-closed') {
        this.#tell({ type: 'endpoint-closed' });
        this.#finish(ending.why);
        return;
      }
      if (ending.onlineMs >= this.#limits.stableAfterMs) attempt = 0;
      if (ending.kind === 'renewal' && this.#mayRenew()) continue;
      const delay = this.#plan(ending, attempt);
      attempt += 1;
      // A wrong clock may have been the cause and is now right; after a sleep of the machine the network may be another.
      const isEarly = await this.#nap(delay, this.#stop.signal).catch(() => false);
      if (isEarly) attempt = 0;
    }
  }

  #mayRenew(): boolean {
    const now = monotonicMs();
    if (now - this.#renewedAt < RENEWAL_INTERVAL_MS) return false;
    this.#renewedAt = now;
    return true;
  }

  /** Decides when the next attempt is made, and reports it. @returns the delay before it, in milliseconds */
  #plan({ kind, why: said }: Ending, attempt: number): number {
    const why = clockFault(said, this.#clock.now()) ?? said;
    const random = this.#random();
    if (kind === 'replaced') return this.#planReplaced(why, random);
    this.#timesReplaced = 0;
    const isRefused = kind === 'unauthorized';
    const retryInMs = isRefused
      ? jittered(this.#limits.slowRetryMs, random)
      : backoffDelay(attempt, random, this.#limits);
    const retryAt = this.#clock.now() + retryInMs;
    this.#set({ state: isRefused ? 'unauthorized' : 'waiting', why, retryAt });
    if (!isRefused) this.#tell({ type: 'offline', why, attempt, retryInMs });
    else if (!this.#isRefused) this.#tell({ type: 'unauthorized', why, retryInMs });
    this.#isRefused ||= isRefused;
    return retryInMs;
  }

  /** The process that connected last keeps the place, and the button works for it. This one waits longer each time. */
  #planReplaced(why: string, random: number): number {
    const { replacedRetryMs, reconnectMaxMs } = this.#limits;
    const retryInMs = backoffDelay(this.#timesReplaced, random, {
      reconnectMinMs: replacedRetryMs,
      reconnectMaxMs: Math.max(replacedRetryMs, reconnectMaxMs),
    });
    this.#timesReplaced += 1;
    this.#set({ state: 'replaced', why, retryAt: this.#clock.now() + retryInMs });
    this.#tell({ type: 'replaced', retryInMs });
    return retryInMs;
  }

  async #oneConnection(): Promise<Ending> {
    const { endpoint, apiSecret, onAuthenticated } = this.#options;
    const parts = { endpoint, apiSecret, clock: this.#clock, limits: this.#limits, onAuthenticated };
    let connection: PlatformConnection;
    try {
      connection = await PlatformConnection.open(parts, this.#stop.signal);
    } catch (error) {
      return failureOf(error);
    }
    if (this.#stop.signal.aborted) connection.close('the session was stopped');
    const startedAt = monotonicMs();
    this.#beOnline(connection);
    const reason = await connection.closed;
    this.#connection = null;
    return endingOf(reason, connection.closedBecause, monotonicMs() - startedAt);
  }

  #beOnline(connection: PlatformConnection): void {
    this.#connection = connection;
    this.#isRefused = false;
    this.#set({ state: 'online', why: null, retryAt: null, latencyMs: null });
    this.#tell({ type: 'online' });
    this.#run(() => this.#watch(connection), connection);
    for (const hook of this.#options.hooks ?? []) this.#run(hook, connection);
  }

  /** The session's own hook: detects a platform that hangs, and renews the client token in time. */
  async #watch(connection: PlatformConnection): Promise<void> {
    for (;;) {
      const isEarly = await this.#nap(this.#limits.pingIntervalMs, connection.signal);
      try {
        this.#set({ latencyMs: await connection.ping(isEarly ? { timeoutMs: WAKE_PING_TIMEOUT_MS } : {}) });
      } catch (error) {
        if (this.#stop.signal.aborted) throw error;
        // Whatever the reason, a connection on which a ping fails is useless.
        connection.close(messageOf(error));
      }
      if (this.#clock.now() < connection.renewAt) continue;
      await connection.drain();
      connection.close(RENEWAL);
    }
  }

  /** @returns whether it ended early: there is a reason to look at once */
  #nap(ms: number, signal: AbortSignal): Promise<boolean> {
    const early: ClockJump = (end) =>
      Promise.race([this.#clockJump(end), this.#checks.until(() => this.#isChecking, end)]);
    return sleepOrJump(ms, this.#sleep, early, signal);
  }

  #run(hook: OnlineHook, connection: PlatformConnection): void {
    // Wrapped, so that a hook that throws at once is treated like one that throws later.
    const running: Promise<void> = Promise.resolve()
      .then(() => hook(connection))
      .catch((error: unknown) => {
        if (!connection.signal.aborted) this.#tell({ type: 'hook-failed', error });
      })
      .finally(() => this.#hooks.delete(running));
    this.#hooks.add(running);
  }

  #finish(why: string | null = null): void {
    if (this.#status.state === 'stopped') return;
    this.#set({ state: 'stopped', why, retryAt: null });
  }

  #set(change: Partial<SessionStatus>): void {
    const isNew = change.state !== undefined && change.state !== this.#status.state;
    this.#status = { ...this.#status, ...change, ...(isNew ? { since: this.#clock.now() } : {}) };
    notify(this.#options.onState, this.status);
    if (isNew) this.#changes.changed();
  }

  #tell(event: SessionEvent): void {
    notify(this.#options.onEvent, event);
  }
}

function stopped(): NetDiagnosticsError {
  return new NetDiagnosticsError('ERR_STATE', 'the session is stopped; make a new one');
}
