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
import { renewalTime } from './grant-schedule.js';
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from './limits.js';
import type { OnlineSession } from './online-session.js';
import { untilTaken } from './until-taken.js';

/** Whether the platform holds a grant, and thus whether its button works. */
export type GrantState =
  /** Not wanted: switched off, or taken back. */
  | { state: 'off' }
  /** The platform has none, or it has expired; one goes out as soon as the session is online. */
  | { state: 'ungranted' }
  /** One is on its way. */
  | { state: 'granting' }
  /** The platform confirmed it. `until`: unix seconds. */
  | { state: 'granted'; until: number }
  /** The platform did not take it; tried again later and on the next connection. */
  | { state: 'refused'; why: string };

/** What takes grants back; the client host's `Revocation` is one. */
export interface GrantRevocation {
  /** Grants that expire at or before this, in unix seconds, were taken back; `null`: none was. */
  readonly revokedUntil: number | null;
  /** Learns what another process with the same identity took back; rejects when that cannot be read. */
  refresh(): Promise<void>;
  /** Notes the expiry that was given out last, before the grant leaves. Never rejects. */
  keepNewest(): Promise<void>;
  /** When a grant made now expires, in unix seconds: later than everything that was taken back. */
  nextGrantExpiry(): number;
  /** Takes back every grant given out so far, at once; rejects when that could not be stored. */
  revoke(): Promise<void>;
}

/** What a {@link GrantKeeper} is made of. */
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
  /** Is told of every change; what it throws is ignored. */
  onState?: ((state: GrantState) => void) | undefined;
}

const GRANTED_CAPS = Caps.of('net-diagnostics:get-any');

/**
 * Sees to it that the platform holds a valid grant: one goes out on every new connection (the platform may have
 * forgotten) and at half of its life. The ALPN of the dial-back must be served before the session starts, since a
 * granted button may be pressed at once.
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
  /** Ends the granting that goes on at present. */
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

  /** The state at this moment; a grant that has run out, or that another process took back, counts as none. */
  get state(): GrantState {
    const state = this.#state;
    if (state.state !== 'granted') return state;
    const { revokedUntil } = this.#options.revocation;
    const isVoid = state.until < nowSeconds(this.#clock) || state.until <= (revokedUntil ?? 0);
    return isVoid ? { state: 'ungranted' } : state;
  }

  /** The hook for `Session`: keeps the platform granted until the connection ends. */
  readonly onOnline = async (session: OnlineSession): Promise<void> => {
    this.#session = session;
    if (this.#isOpen) await this.#keepGranted(session);
  };

  /** Grants from now on, at once when the session is online. Does nothing when grants go out already. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    this.#set({ state: 'ungranted' });
    const session = this.#session;
    // It ends with the connection, and what ends it is the session's to report; the next one begins anew.
    if (session !== null && !session.signal.aborted) this.#keepGranted(session).catch(() => {});
  }

  /**
   * Takes back every grant given out so far, this process's and earlier ones', and gives out no more until
   * {@link open}. It holds at once, also when storing it fails.
   * @throws what the `RevocationStore` throws when the mark cannot be stored: it will be forgotten with the process
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
      // A revocation ends the granting, and is no trouble of the connection.
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
      // A revocation in between holds for this one, too.
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
