import {
  bounded,
  type EndpointId,
  messageOf,
  monotonicMs,
  type SecretKey,
  settledWithin,
  systemSleep,
} from 'iroh-net-diagnostics/services';
import type { Lease } from '../store/fence.js';
import type { IdentityTable } from './identity-table.js';
import { type LeaseTimes, type LossReason, renewed } from './lease-rules.js';
import type { Outage } from './outage.js';

/** What is no longer held is closed within so long, or is no longer waited for. Milliseconds. */
const CLOSE_MS = 10_000;

/** An identity that this process has. */
export interface HeldIdentity extends Lease {
  secretKey: SecretKey;
  /** Fires when it is lost, also while {@link LeaseEvents.onHeld} is still at work. */
  signal: AbortSignal;
}

/** What happens with leases. */
export interface LeaseEvents {
  /**
   * Begins to work in the identity's name: binds its endpoint, takes sessions. The lease is renewed meanwhile, so it may
   * take its time. When it rejects, it has tidied up itself, and the identity is given back.
   */
  onHeld(held: HeldIdentity): void | Promise<void>;
  /** Ends what `onHeld` began; called once for each `onHeld` that resolved, when that one is no longer at work. */
  onLost(identity: EndpointId, why: LossReason): void | Promise<void>;
}

/** What a {@link Tenure} stands on. */
export interface TenureDeps {
  table: IdentityTable;
  times: LeaseTimes;
  events: LeaseEvents;
  outage: Outage;
  warn(message: string): void;
}

/** An identity as it was taken. */
export interface Taken extends Lease {
  secretKey: SecretKey;
  /** When the question was asked that took it, by the monotonic clock. */
  askedAt: number;
  /** When its holder before was last alive. */
  aliveAt: number;
}

/** One identity from the taking to the losing. It renews the lease until then, whatever else takes its time. */
export class Tenure {
  readonly lease: Lease;
  /** Resolves when the work in the identity's name has begun, or is not to begin any more. Rejects with what made it fail. */
  readonly begun: Promise<void>;
  /** Resolves when everything is over and undone. Never rejects. */
  readonly ended: Promise<void>;
  readonly #deps: TenureDeps;
  readonly #taken: Taken;
  readonly #lost = new AbortController();
  readonly #over = new AbortController();
  #why: LossReason | null = null;
  #mustUndo = false;

  constructor(taken: Taken, deps: TenureDeps) {
    const { identity, token, holder } = taken;
    this.lease = { identity, token, holder };
    this.#taken = taken;
    this.#deps = deps;
    this.begun = this.#begin();
    this.ended = this.#live();
  }

  /** Why it was lost; `null` while it is held. */
  get why(): LossReason | null {
    return this.#why;
  }

  /** The first reason counts. */
  lose(why: LossReason): void {
    if (this.#why !== null) return;
    this.#why = why;
    this.#lost.abort();
  }

  async #begin(): Promise<void> {
    const { table, events } = this.#deps;
    const { secretKey, aliveAt } = this.#taken;
    const { signal } = this.#lost;
    await table.markOffline(this.lease, aliveAt, signal);
    if (signal.aborted) return;
    await events.onHeld({ ...this.lease, secretKey, signal });
    this.#mustUndo = true;
  }

  async #live(): Promise<void> {
    const { table, outage } = this.#deps;
    const renewing = this.#renew();
    const begun = this.begun.catch(() => this.lose('failed'));
    await this.#untilLost();
    // Renewed until it is closed: an identity that is given back too early would be in two hands.
    await settledWithin(
      CLOSE_MS,
      begun.then(() => this.#undo()),
    );
    this.#over.abort();
    await renewing;
    outage.forget(this.lease.identity);
    if (this.#why === 'stopped' || this.#why === 'failed')
      await this.#ask('giving back', table.release(this.lease)).catch(() => {});
  }

  #untilLost(): Promise<void> {
    if (this.#why !== null) return Promise.resolve();
    return new Promise((resolve) => this.#lost.signal.addEventListener('abort', () => resolve()));
  }

  async #undo(): Promise<void> {
    const { events, warn } = this.#deps;
    const { identity } = this.lease;
    if (!this.#mustUndo) return;
    try {
      await events.onLost(identity, this.#why ?? 'stopped');
    } catch (error) {
      warn(`The identity ${identity} could not be closed: ${messageOf(error)}`);
    }
  }

  async #renew(): Promise<void> {
    const { times } = this.#deps;
    const { signal } = this.#over;
    let standing = { sureAt: this.#taken.askedAt, askedAt: this.#taken.askedAt };
    let nextAt = standing.askedAt + times.renewMs;
    for (;;) {
      await systemSleep(Math.max(0, nextAt - monotonicMs()), signal).catch(() => {});
      if (signal.aborted) return;
      const askedAt = monotonicMs();
      const answer = await this.#askToKeep();
      const result = renewed(standing, { askedAt, answer, answeredAt: monotonicMs() }, times);
      if ('lost' in result) {
        this.lose(result.lost);
        return;
      }
      ({ standing, nextAt } = result);
    }
  }

  async #askToKeep(): Promise<'kept' | 'gone' | 'none'> {
    const { table, outage } = this.#deps;
    try {
      const isKept = await this.#ask('renewing', table.renew(this.lease));
      outage.worked(this.lease.identity);
      return isKept ? 'kept' : 'gone';
    } catch (error) {
      outage.failed(this.lease.identity, error);
      return 'none';
    }
  }

  #ask<T>(what: string, question: Promise<T>): Promise<T> {
    const { answerMs } = this.#deps.times;
    return bounded(`${what} the identity ${this.lease.identity}`, {}, answerMs, (step) => step(question));
  }
}
