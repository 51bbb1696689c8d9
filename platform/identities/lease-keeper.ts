import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  bounded,
  type EndpointId,
  messageOf,
  monotonicMs,
  notify,
  type SecretKey,
  systemSleep,
} from 'iroh-net-diagnostics/services';
import type { Lease } from '../store/fence.js';
import type { SqlDatabase } from '../store/sql-database.js';
import { type IdentityRow, IdentityTable } from './identity-table.js';
import {
  LEASE_TIMES,
  type LeaseTimes,
  type Look,
  type LossReason,
  NOTHING_SEEN,
  toTake,
  type Watch,
  watchOn,
} from './lease-rules.js';
import { Outage } from './outage.js';
import { type LeaseEvents, Tenure } from './tenure.js';

/** Options of a {@link LeaseKeeper}. */
export interface LeaseKeeperOptions extends LeaseEvents {
  /**
   * On PostgreSQL a handle of its own: a lease must not be lost because everything else has taken all connections.
   */
  database: SqlDatabase;
  /** The secret key of an identity. What it throws is told once, and the identity is left to other processes. */
  keyOf(row: IdentityRow): SecretKey;
  /** Takes a sentence for the operator: one a change of state, not one a try. */
  warn(message: string): void;
  /** Default: {@link LEASE_TIMES}; on SQLite, where no other process can be, a sign of life each half minute. */
  times?: Partial<LeaseTimes> | undefined;
}

/**
 * On SQLite the lock of the file says that no other process is there, so nobody waits for a sign of life. It tells until
 * when the endpoints of a process that was killed were seen.
 */
const TIMES_ALONE: LeaseTimes = {
  ...{ renewMs: 30_000, lookMs: 30_000, answerMs: 30_000, aboveShareMs: 0 },
  ...{ takeMs: Number.POSITIVE_INFINITY, patienceMs: Number.POSITIVE_INFINITY },
};

/** After a failed begin others may try first; it doubles with each failure. Milliseconds. */
const [SHORTEST_AVOIDANCE_MS, LONGEST_AVOIDANCE_MS] = [5_000, 60_000];

/**
 * Takes the identities that no live process holds, renews the leases, and lets go of what others have taken. See
 * docs/decisions/leases.md.
 */
export class LeaseKeeper {
  /** This process in the rows of its identities. Another start has another name: nobody takes it for its predecessor. */
  readonly holder = `${hostname()} ${process.pid} ${randomBytes(4).toString('hex')}`;
  readonly #options: LeaseKeeperOptions;
  readonly #table: IdentityTable;
  readonly #times: LeaseTimes;
  readonly #isAlone: boolean;
  readonly #warn: (message: string) => void;
  readonly #outage: Outage;
  readonly #tenures = new Map<EndpointId, Tenure>();
  readonly #avoided = new Map<EndpointId, { until: number; ms: number }>();
  readonly #keyless = new Set<EndpointId>();
  readonly #stop = new AbortController();
  #watch: Watch = NOTHING_SEEN;
  #watching: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | null = null;

  private constructor(options: LeaseKeeperOptions) {
    this.#options = options;
    this.#table = new IdentityTable(options.database);
    this.#isAlone = options.database.dialect === 'sqlite';
    this.#times = { ...(this.#isAlone ? TIMES_ALONE : LEASE_TIMES), ...options.times };
    // An operator's log that fails must not cost a lease.
    this.#warn = (message) => notify(options.warn, message);
    this.#outage = new Outage(this.#warn, consequence(this.#times));
  }

  /**
   * Looks at the identities for the first time, and resolves when `onHeld` is done with all that were free.
   * @throws what `onHeld` throws, and `ERR_STORE`; nothing is held then
   */
  static async start(options: LeaseKeeperOptions): Promise<LeaseKeeper> {
    const keeper = new LeaseKeeper(options);
    try {
      await keeper.#look();
      await Promise.all([...keeper.#tenures.values()].map(({ begun }) => begun));
    } catch (error) {
      await keeper.stop();
      throw error;
    }
    keeper.#watching = keeper.#watchForEver();
    return keeper;
  }

  /** What this process holds now. */
  get held(): Lease[] {
    return [...this.#tenures.values()].filter(({ why }) => why === null).map(({ lease }) => lease);
  }

  /** Whether the database answers to what keeps the leases. */
  get isAnswered(): boolean {
    return !this.#outage.lasts;
  }

  /** Ends the work in every identity's name, then gives the identities back. Idempotent, never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#letGo();
    return this.#stopping;
  }

  /** {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #letGo(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
    const tenures = [...this.#tenures.values()];
    for (const tenure of tenures) tenure.lose('stopped');
    await Promise.all(tenures.map(({ ended }) => ended));
  }

  async #watchForEver(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      await systemSleep(this.#times.lookMs, signal).catch(() => {});
      if (signal.aborted) return;
      await this.#look().catch((error: unknown) => {
        // Holders may have had no answer either: they get the whole time again.
        this.#watch = NOTHING_SEEN;
        this.#outage.failed('look', error);
      });
    }
  }

  async #look(): Promise<void> {
    const askedAt = monotonicMs();
    const rows = await this.#ask('looking at the identities', this.#table.list());
    const look = { askedAt, answeredAt: monotonicMs(), rows };
    this.#watch = watchOn(this.#watch, look, this.#times);
    this.#noteLosses(rows);
    await this.#takeFree(look);
    this.#outage.worked('look');
  }

  /** A look may show what the next renewal would. */
  #noteLosses(rows: readonly IdentityRow[]): void {
    const found = new Map(rows.map((row) => [row.id, row]));
    for (const [id, tenure] of this.#tenures) {
      const row = found.get(id);
      if (row === undefined) tenure.lose('removed');
      else if (row.token !== tenure.lease.token || row.holder !== this.holder) tenure.lose('taken');
    }
  }

  async #takeFree(look: Look<IdentityRow>): Promise<void> {
    // One that is being closed still counts: its socket may be open.
    const held = new Set(this.#tenures.keys());
    const candidate = { holder: this.holder, held, isAlone: this.#isAlone };
    const { rows, atMost } = toTake(this.#watch, look, candidate, this.#times);
    let left = Math.min(atMost, rows.length);
    // Processes that hold nothing are in no row. Each of them looks once before the last is taken, and gets its part.
    const pauseMs = this.#isAlone ? 0 : this.#times.lookMs / (left - 1);
    for (const row of rows) {
      if (left <= 0 || this.#stop.signal.aborted) return;
      if (this.#isAvoided(row.id)) continue;
      const secretKey = this.#keyOf(row);
      if (secretKey === null || !(await this.#take(row, secretKey))) continue;
      left -= 1;
      if (left > 0) await systemSleep(pauseMs, this.#stop.signal).catch(() => {});
    }
  }

  #isAvoided(id: EndpointId): boolean {
    return (this.#avoided.get(id)?.until ?? 0) > monotonicMs();
  }

  #keyOf(row: IdentityRow): SecretKey | null {
    try {
      const key = this.#options.keyOf(row);
      this.#keyless.delete(row.id);
      return key;
    } catch (error) {
      if (!this.#keyless.has(row.id)) this.#warn(messageOf(error));
      this.#keyless.add(row.id);
      return null;
    }
  }

  async #take(row: IdentityRow, secretKey: SecretKey): Promise<boolean> {
    const askedAt = monotonicMs();
    const question = this.#table.take(row, this.holder);
    const lease = await this.#ask(`taking the identity ${row.id}`, question);
    if (lease === null) return false;
    const { onHeld, onLost } = this.#options;
    const warn = this.#warn;
    const tenure = new Tenure(
      { ...lease, secretKey, askedAt, aliveAt: row.beatAt },
      {
        ...{ table: this.#table, times: this.#times, outage: this.#outage, warn },
        events: { onHeld, onLost },
      },
    );
    this.#tenures.set(row.id, tenure);
    tenure.begun.then(
      () => this.#avoided.delete(row.id),
      (error: unknown) => this.#avoid(row.id, error),
    );
    void tenure.ended.then(() => {
      this.#tenures.delete(row.id);
      if (tenure.why !== null) this.#tellLoss(row.id, tenure.why);
    });
    return true;
  }

  #avoid(id: EndpointId, error: unknown): void {
    const last = this.#avoided.get(id)?.ms;
    const ms = last === undefined ? SHORTEST_AVOIDANCE_MS : Math.min(last * 2, LONGEST_AVOIDANCE_MS);
    this.#avoided.set(id, { until: monotonicMs() + ms, ms });
    if (last === undefined) this.#warn(`The identity ${id} cannot be served here: ${messageOf(error)}`);
  }

  #tellLoss(id: EndpointId, why: LossReason): void {
    const words = LOSSES[why];
    if (words !== null) this.#warn(`The identity ${id} ${words}`);
  }

  #ask<T>(what: string, question: Promise<T>): Promise<T> {
    return bounded(what, {}, this.#times.answerMs, (step) => step(question));
  }
}

/** What the operator hears. `null`: nothing, or it was told already. */
const LOSSES: Record<LossReason, string | null> = {
  taken:
    'was taken over by another process: this one had not renewed its lease in time. It was stopped, too busy, or cut off from the database.',
  removed: 'is no longer in the database, so nobody serves it.',
  frozen: 'was let go: this process had been stopped, and the database does not say who has it now.',
  unanswered: 'was let go: the database has not answered for too long.',
  failed: null,
  stopped: null,
};

function consequence({ patienceMs }: LeaseTimes): string {
  return Number.isFinite(patienceMs)
    ? `Identities are served for up to ${Math.round(patienceMs / 1000)} s more.`
    : 'Nothing is kept until it does.';
}
