import {
  type Clock,
  linkedAbort,
  notify,
  nowSeconds,
  type Sleep,
  sleepUntil,
  systemClock,
  systemSleep,
} from '../async/index.js';
import { Caps, type EndpointId, type SecretKey, Token } from '../wire/index.js';
import { retryDelay } from './backoff.js';
import { renewalTime } from './grant-schedule.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
import type { OnlineSession } from './online-session.js';
import { RemoteError } from './remote-error.js';

/** Whether the platform holds a grant, and thus whether its button works. */
export type GrantState =
  /** No grant is given: switched off, or taken back. */
  | { state: 'off' }
  /** The platform has none, or it has expired; one is sent as soon as the session is online. */
  | { state: 'ungranted' }
  /** One is being sent. */
  | { state: 'granting' }
  /** The platform confirmed it. `until`: unix seconds. */
  | { state: 'granted'; until: number }
  /** The platform did not take it; tried again later and on the next connection. */
  | { state: 'refused'; why: string };

/** Takes grants back; the client host's `Revocation` is one. */
export interface GrantRevocation {
  /** Grants that expire at or before this, in unix seconds, were taken back; `null`: none was. */
  readonly revokedUntil: number | null;
  /** Learns what another process with the same identity took back; rejects when that cannot be read. */
  refresh(): Promise<void>;
  /** Stores the latest expiry given out. To be called before the grant is sent. Never rejects. */
  keepNewest(): Promise<void>;
  /** When a grant made now expires, in unix seconds: later than everything that was taken back. */
  nextGrantExpiry(): number;
  /** Takes back every grant given out so far, at once; rejects when that could not be stored. */
  revoke(): Promise<void>;
}

/** Options of a {@link GrantKeeper}. */
export interface GrantKeeperOptions {
  /** The endpoint's own key: grants are issued by it. */
  secretKey: SecretKey;
  /** Who may use the grants: the platform in the API secret. */
  platformId: EndpointId;
  revocation: GrantRevocation;
  /** `false`: grant nothing until {@link GrantKeeper.open}. */
  enabled: boolean;
  limits?: Partial<ClientLimits> | undefined;
  clock?: Clock | undefined;
  sleep?: Sleep | undefined;
  /** 0 (inclusive) to 1 (exclusive). Default: `Math.random`. */
  random?: (() => number) | undefined;
  /** Called on every change; what it throws is ignored. */
  onState?: ((state: GrantState) => void) | undefined;
}

const GRANTED_CAPS = Caps.of('net-diagnostics:get-any');

/**
 * Keeps a valid grant at the platform. One is sent on every new connection (the platform may have forgotten it) and
 * at half of the grant's lifetime. The ALPN of the dial-back must be served before the session starts, since the
 * button may be pressed as soon as there is a grant.
 */
export class GrantKeeper {
  readonly #options: GrantKeeperOptions;
  readonly #limits: ClientLimits;
  readonly #clock: Clock;
  readonly #sleep: Sleep;
  readonly #random: () => number;
  #isOpen: boolean;
  #state: GrantState;
  #session: OnlineSession | null = null;
  /** Ends the current granting. */
  #endWork: () => void = () => {};

  constructor(options: GrantKeeperOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_CLIENT_LIMITS, ...options.limits };
    this.#clock = options.clock ?? systemClock;
    this.#sleep = options.sleep ?? systemSleep;
    this.#random = options.random ?? Math.random;
    this.#isOpen = options.enabled;
    this.#state = { state: options.enabled ? 'ungranted' : 'off' };
  }

  /** The state now; a grant that has expired, or that another process took back, counts as none. */
  get state(): GrantState {
    const state = this.#state;
    if (state.state !== 'granted') return state;
    const { revokedUntil } = this.#options.revocation;
    const isVoid = state.until < nowSeconds(this.#clock) || state.until <= (revokedUntil ?? 0);
    return isVoid ? { state: 'ungranted' } : state;
  }

  /** The hook for `Session`: keeps a grant at the platform until the connection ends. */
  readonly onOnline = async (session: OnlineSession): Promise<void> => {
    this.#session = session;
    if (this.#isOpen) await this.#keepGranted(session);
  };

  /** Grants from now on; at once if the session is online. Does nothing if grants are given already. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#set({ state: 'ungranted' });
    const session = this.#session;
    // It ends with the connection, and the session reports why. The next connection starts it again.
    if (session !== null && !session.signal.aborted) this.#keepGranted(session).catch(() => {});
  }

  /**
   * Takes back every grant given out so far, by this process and by earlier ones, and gives out no more until
   * {@link open}. Takes effect at once, even if storing it fails.
   * @throws what the `RevocationStore` throws when the mark cannot be stored: the mark is lost when the process ends
   */
  async revoke(): Promise<void> {
    this.#isOpen = false;
    this.#endWork();
    this.#set({ state: 'off' });
    await this.#options.revocation.revoke();
  }

  async #keepGranted(session: OnlineSession): Promise<void> {
    this.#endWork();
    const work = linkedAbort(session.signal);
    this.#endWork = work.abort;
    try {
      for (;;) {
        const renewAt = await this.#grant(session, work.signal);
        await sleepUntil(renewAt, this.#clock, this.#sleep, work.signal);
      }
    } catch (error) {
      const isCurrent = this.#isOpen && this.#endWork === work.abort;
      if (isCurrent && this.#state.state === 'granting') this.#set({ state: 'ungranted' });
      // A revocation ends the granting; it is not an error of the connection.
      if (!work.signal.aborted || session.signal.aborted) throw error;
    } finally {
      work.release();
    }
  }

  /** @returns when to grant again, in milliseconds since the epoch */
  async #grant(session: OnlineSession, signal: AbortSignal): Promise<number> {
    let issuedAt = 0;
    let until = 0;
    const request = async () => {
      const { revocation } = this.#options;
      this.#set({ state: 'granting' });
      await revocation.refresh();
      issuedAt = nowSeconds(this.#clock);
      until = revocation.nextGrantExpiry();
      await revocation.keepNewest();
      // A revocation that happened in between is valid for this grant, too.
      signal.throwIfAborted();
      await session.request({ type: 'grant-cap', token: this.#issue(until) }, { signal });
    };
    await untilTaken(request, {
      sleep: this.#sleep,
      random: this.#random,
      limits: this.#limits,
      signal,
      onRefused: ({ message }) => this.#set({ state: 'refused', why: message }),
    });
    // The answer may have come in the same turn as a revocation.
    signal.throwIfAborted();
    this.#set({ state: 'granted', until });
    return renewalTime(issuedAt, until);
  }

  #issue(expiresAt: number): Token {
    const { secretKey: issuer, platformId: audience } = this.#options;
    return Token.issue({ issuer, audience, caps: GRANTED_CAPS, expiresAt });
  }

  #set(state: GrantState): void {
    this.#state = state;
    notify(this.#options.onState, state);
  }
}

/** How {@link untilTaken} repeats. */
interface RetryContext {
  sleep: Sleep;
  /** 0 (inclusive) to 1 (exclusive). */
  random: () => number;
  limits: ClientLimits;
  signal: AbortSignal;
  /** Called on every refusal; what it throws is ignored. */
  onRefused: ((error: RemoteError) => void) | undefined;
}

/**
 * Repeats a request until the platform takes it. Only an error that the platform answered is a reason to repeat.
 * Everything else (the connection broke, the wait was cancelled) is thrown: the next connection starts again.
 */
async function untilTaken(request: () => Promise<void>, context: RetryContext): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await request();
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      notify(context.onRefused, error);
      const delay = retryDelay(error.failure, attempt, context.random(), context.limits);
      await context.sleep(delay, context.signal);
    }
  }
}
